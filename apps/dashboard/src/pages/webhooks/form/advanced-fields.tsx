import { Group, NumberInput, SimpleGrid, Stack } from '@mantine/core';
import type { Webhook } from '../../../api/types.js';
import { JsonTextarea } from '../../../components/json-textarea.js';
import { type ColumnSetting, GENERAL_SETTINGS, REQUEST_SETTINGS, settingTexts } from '../column-settings.js';
import { DeliveryFormatInput } from '../format/delivery-format-input.js';
import { AuthInput } from './auth-input.js';
import { HeadersInput } from './headers-input.js';
import { OrderFields } from './order-fields.js';
import { RetryScheduleInput } from './retry-schedule-input.js';
import { SettingInput } from './setting-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

/** The settings whose places are written out below, in `OrderFields` or among the basic fields. */
const PLACED = new Set<ColumnSetting>([
  'description',
  'retrySchedule',
  'timeoutMs',
  'maxInFlight',
  'ordering',
  'onExhausted',
  'maxBlockedMinutes',
  'sequence',
]);

const GENERAL = GENERAL_SETTINGS.filter((name) => !PLACED.has(name));
const REQUEST = REQUEST_SETTINGS.filter((name) => !PLACED.has(name));

interface AdvancedFieldsProps {
  form: WebhookForm;
  /** Null for a new webhook. */
  webhook: Webhook | null;
}

/** The settings that have a default. */
export default function AdvancedFields({ form, webhook }: AdvancedFieldsProps) {
  const isPushed = form.values.delivery === 'push';
  return (
    <Stack>
      <JsonTextarea
        minRows={2}
        maxRows={16}
        label={t('Filter')}
        description={t(
          'A JSON Schema. Only events whose data matches are sent. List mandatory properties in required.',
        )}
        placeholder={'{ "properties": { "amount": { "minimum": 100 } }, "required": ["amount"] }'}
        {...form.getInputProps('filter')}
      />
      {isPushed && <HeadersInput form={form} names={webhook?.headerNames ?? []} />}
      {isPushed && <AuthInput form={form} webhook={webhook} />}
      <DeliveryFormatInput
        description={t(
          'Also sets header names, fixed headers and custom signatures. Empty = the default format; {} = the standard format.',
        )}
        {...form.getInputProps('deliveryFormat')}
        value={form.values.deliveryFormat}
      />
      {isPushed && <RequestFields form={form} />}
      {GENERAL.map((name) => (
        <SettingInput key={name} form={form} name={name} />
      ))}
    </Stack>
  );
}

/** The other settings that concern requests. */
function RequestFields({ form }: { form: WebhookForm }) {
  const timeoutMs = form.getInputProps('timeoutMs');
  return (
    <>
      <RetryScheduleInput form={form} />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          {...settingTexts('timeoutMs')}
          suffix=" s"
          allowNegative={false}
          decimalScale={3}
          {...timeoutMs}
          value={secondsOf(form.values.timeoutMs)}
          onChange={(seconds) =>
            form.setFieldValue(
              'timeoutMs',
              typeof seconds === 'number' ? Math.round(seconds * 1000) : seconds,
            )
          }
        />
        <SettingInput form={form} name="maxInFlight" />
        <RateLimit form={form} />
        {REQUEST.map((name) => (
          <SettingInput key={name} form={form} name={name} />
        ))}
      </SimpleGrid>
      <OrderFields form={form} />
    </>
  );
}

function RateLimit({ form }: { form: WebhookForm }) {
  return (
    <Group gap="xs" grow align="flex-end" wrap="nowrap" preventGrowOverflow={false}>
      <NumberInput
        label={t('Rate limit')}
        description={t('Requests. Empty = no limit.')}
        placeholder={t('No limit')}
        allowNegative={false}
        allowDecimal={false}
        {...form.getInputProps('rateLimit.limit')}
      />
      <NumberInput
        aria-label={t('Rate limit period in seconds')}
        prefix="/ "
        suffix=" s"
        allowNegative={false}
        allowDecimal={false}
        disabled={form.values.rateLimit.limit === ''}
        {...form.getInputProps('rateLimit.perSeconds')}
      />
    </Group>
  );
}

function secondsOf(ms: number | string): number | string {
  return typeof ms === 'number' ? ms / 1000 : ms;
}
