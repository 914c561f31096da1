import { Stack, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { EventTypesInput } from './event-types-input.js';
import type { WebhookForm } from './use-webhook-form.js';
import { t } from '../../../i18n/t.js';

interface WebhookFieldsProps {
  form: WebhookForm;
  /** The effect of changing the URL. */
  urlDescription: ReactNode;
}

/** The basic fields of a webhook. */
export function WebhookFields({ form, urlDescription }: WebhookFieldsProps) {
  return (
    <Stack>
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
