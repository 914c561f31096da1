import '../../../theme/mantine-radio.css';
import { Radio, Stack } from '@mantine/core';
import type { Webhook } from '../../../api/types.js';
import { settingTexts } from '../column-settings.js';
import { EXHAUSTED_LABELS, ORDERING_LABELS } from '../ordering-labels.js';
import { SettingInput } from './setting-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

const ORDERINGS: { value: Webhook['ordering']; description: string }[] = [
  { value: 'none', description: t('Events do not wait for each other.') },
  {
    value: 'strict',
    description: t('An event is sent when the one before it has succeeded or finally failed.'),
  },
  {
    value: 'byKey',
    description: t('Only events with the same ordering key wait for each other.'),
  },
];

const EXHAUSTED_ACTIONS: Webhook['onExhausted'][] = ['skip', 'block'];

/** The order of the deliveries, and the settings that belong to it. */
export function OrderFields({ form }: { form: WebhookForm }) {
  const isOrdered = form.values.ordering !== 'none';
  // An error of a field shows the field.
  const isLimitShown = isOrdered || form.errors['maxBlockedMinutes'] !== undefined;
  return (
    <Stack>
      <Radio.Group {...settingTexts('ordering')} {...form.getInputProps('ordering')}>
        <Stack gap="xs" mt="xs">
          {ORDERINGS.map(({ value, description }) => (
            <Radio key={value} value={value} label={ORDERING_LABELS[value]} description={description} />
          ))}
        </Stack>
      </Radio.Group>
      {isOrdered && (
        <Radio.Group label={settingTexts('onExhausted').label} {...form.getInputProps('onExhausted')}>
          <Stack gap="xs" mt="xs">
            {EXHAUSTED_ACTIONS.map((value) => (
              <Radio key={value} value={value} label={EXHAUSTED_LABELS[value]} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      {isLimitShown && <SettingInput form={form} name="maxBlockedMinutes" />}
      {!isOrdered && <SettingInput form={form} name="sequence" />}
    </Stack>
  );
}
