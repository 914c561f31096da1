import { Button } from '@mantine/core';
import { WEBHOOK_SETTINGS } from '../../../generated/settings.js';
import { formatDelay } from '../../../settings/retry-delay.js';
import { SettingInput } from './setting-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

const DEFAULT = WEBHOOK_SETTINGS.retrySchedule.default.map(formatDelay);

/** The delay after each failed attempt. */
export function RetryScheduleInput({ form }: { form: WebhookForm }) {
  const { retrySchedule } = form.values;
  const isDefault = retrySchedule.join() === DEFAULT.join();
  return (
    <SettingInput
      form={form}
      name="retrySchedule"
      description={
        <>
          {t('Delays between attempts, ±20 %, such as 30s, 5m or 2h. Empty = no retries.')}{' '}
          {!isDefault && (
            <Button
              variant="transparent"
              size="compact-xs"
              px={0}
              onClick={() => form.setFieldValue('retrySchedule', DEFAULT)}
            >
              {t('Restore default')}
            </Button>
          )}
        </>
      }
      placeholder={retrySchedule.length === 0 ? t('No retries') : t('Add')}
    />
  );
}
