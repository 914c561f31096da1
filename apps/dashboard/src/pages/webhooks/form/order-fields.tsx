import '../../../theme/mantine-radio.css';
import { Radio, Stack } from '@mantine/core';
import type { Webhook } from '../../../api/types.js';
import { WEBHOOK_SETTINGS } from '../../../generated/settings.js';
import { choicesOf } from '../../../settings/setting-row.js';
import { settingTexts } from '../column-settings.js';
import { SettingInput } from './setting-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

const DESCRIPTIONS: Record<Webhook['ordering'], string> = {
  none: t('Events do not wait for each other.'),
  strict: t('An event is sent when the one before it has succeeded or finally failed.'),
  byKey: t('Only events with the same ordering key wait for each other.'),
};

/** The order of the deliveries, and the settings that belong to it. */
export function OrderFields({ form }: { form: WebhookForm }) {
  const isOrdered = form.values.ordering !== 'none';
  // An error of a field shows the field.
  const isLimitShown = isOrdered || form.errors['maxBlockedMinutes'] !== undefined;
  return (
    <Stack>
      <Radio.Group {...settingTexts('ordering')} {...form.getInputProps('ordering')}>
        <Stack gap="xs" mt="xs">
          {choicesOf(WEBHOOK_SETTINGS.ordering).map(({ value, label }) => (
            <Radio key={value} value={value} label={label} description={DESCRIPTIONS[value]} />
          ))}
        </Stack>
      </Radio.Group>
      {isOrdered && (
        <Radio.Group label={settingTexts('onExhausted').label} {...form.getInputProps('onExhausted')}>
          <Stack gap="xs" mt="xs">
            {choicesOf(WEBHOOK_SETTINGS.onExhausted).map(({ value, label }) => (
              <Radio key={value} value={value} label={label} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      {isLimitShown && <SettingInput form={form} name="maxBlockedMinutes" />}
      {!isOrdered && <SettingInput form={form} name="sequence" />}
    </Stack>
  );
}
