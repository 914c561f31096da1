import { Button, TagsInput } from '@mantine/core';
import { WEBHOOK_DEFAULTS } from '../../../generated/webhook-defaults.js';
import { formatDelay } from './retry-delay.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

const DEFAULT = WEBHOOK_DEFAULTS.retrySchedule.map(formatDelay);

/** The delay after each failed attempt. */
export function RetryScheduleInput({ form }: { form: WebhookForm }) {
  const { retrySchedule } = form.values;
  const isDefault = retrySchedule.join() === DEFAULT.join();
  return (
    <TagsInput
      label={t('Retry schedule')}
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
      splitChars={[',', ' ']}
      allowDuplicates
      maxTags={20}
      {...form.getInputProps('retrySchedule')}
    />
  );
}
