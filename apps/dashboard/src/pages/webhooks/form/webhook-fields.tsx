import '../../../theme/mantine-radio.css';
import { Radio, Stack, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { DELIVERY_LABELS } from '../delivery-method.js';
import { EventTypesInput } from './event-types-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

interface WebhookFieldsProps {
  form: WebhookForm;
  /** The effect of changing the URL. */
  urlDescription: ReactNode;
  /** The webhook gets requests now, which a suspend must stop first. */
  isActive?: boolean;
}

/** The basic fields of a webhook. */
export function WebhookFields({ form, urlDescription, isActive = false }: WebhookFieldsProps) {
  return (
    <Stack>
      <Radio.Group label={t('Delivery method')} {...form.getInputProps('delivery')}>
        <Stack gap="xs" mt="xs">
          <Radio value="push" label={DELIVERY_LABELS.push} />
          <Radio
            value="pull"
            label={DELIVERY_LABELS.pull}
            disabled={isActive}
            description={
              isActive
                ? t('Suspend the webhook before you remove its URL.')
                : t('For receivers that cannot accept requests: they read the events with the API.')
            }
          />
        </Stack>
      </Radio.Group>
      {form.values.delivery === 'push' && (
        <TextInput
          label={t('URL')}
          description={urlDescription}
          placeholder="https://example.com/hooks"
          type="url"
          inputMode="url"
          required
          withAsterisk={false}
          spellCheck={false}
          maxLength={2048}
          {...form.getInputProps('url')}
        />
      )}
      <EventTypesInput
        label={t('Event types')}
        description={t('Select event types, or enter a pattern such as invoice.*')}
        placeholder={form.values.eventTypes.length === 0 ? 'invoice.paid' : t('Add')}
        {...form.getInputProps('eventTypes')}
      />
      <Textarea
        label={t('Description')}
        description={t('Optional. For your own reference.')}
        autosize
        maxRows={4}
        maxLength={500}
        {...form.getInputProps('description')}
      />
    </Stack>
  );
}
