import { Group, NumberInput, SimpleGrid, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { Webhook } from '../../../api/types.js';
import { DeliveryFormatInput } from '../format/delivery-format-input.js';
import { AuthInput } from './auth-input.js';
import { HeadersInput } from './headers-input.js';
import { OrderFields } from './order-fields.js';
import { RetryScheduleInput } from './retry-schedule-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { WholeNumber } from './whole-number.js';
import { t } from '../../../i18n/t.js';

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
      <JsonField
        form={form}
        name="filter"
        label={t('Filter')}
        description={t(
          'A JSON Schema. Only events whose data matches are sent. List mandatory properties in required.',
        )}
        placeholder={'{ "properties": { "amount": { "minimum": 100 } }, "required": ["amount"] }'}
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
      <TextInput
        label={t('External ID')}
        description={t('Your own ID of the webhook, for API calls.')}
        maxLength={255}
        spellCheck={false}
        {...form.getInputProps('externalId')}
      />
      <TagsInput
        label={t('Tags')}
        description={t('Your own labels, to filter lists. They are not sent.')}
        maxTags={20}
        splitChars={[',', ' ']}
        spellCheck={false}
        autoCapitalize="off"
        {...form.getInputProps('tags')}
      />
      <JsonField
        form={form}
        name="metadata"
        label={t('Metadata')}
        description={t('Your own data as a JSON object. It is not sent.')}
        placeholder={'{ "customer": "4711" }'}
      />
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
          label={t('Timeout')}
          description={t('Per request, max 30 s.')}
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
        <WholeNumber
          form={form}
          name="maxInFlight"
          label={t('Max requests in flight')}
          description={t('Concurrent requests, max 1,000.')}
        />
        <RateLimit form={form} />
        <WholeNumber
          form={form}
          name="autoSuspendAfterDays"
          label={t('Automatic suspension')}
          description={t('Days without a success before suspension (0 = never, max 60).')}
        />
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

interface JsonFieldProps {
  form: WebhookForm;
  name: 'filter' | 'metadata';
  label: string;
  description: string;
  placeholder: string;
}

function JsonField({ form, name, ...rest }: JsonFieldProps) {
  return (
    <Textarea
      autosize
      minRows={2}
      maxRows={16}
      spellCheck={false}
      styles={{
        input: {
          fontFamily: 'var(--mantine-font-family-monospace)',
          fontSize: 'var(--mantine-font-size-xs)',
        },
      }}
      {...rest}
      {...form.getInputProps(name)}
    />
  );
}

function secondsOf(ms: number | string): number | string {
  return typeof ms === 'number' ? ms / 1000 : ms;
}
