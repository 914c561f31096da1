import { Stack, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { EventTypesInput } from './event-types-input.js';
import type { WebhookForm } from './use-webhook-form.js';

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
        label="URL"
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
        label="Event types"
        description="Select event types, or enter a pattern such as invoice.*"
        placeholder={form.values.eventTypes.length === 0 ? 'invoice.paid' : 'Add'}
        {...form.getInputProps('eventTypes')}
      />
      <Textarea
        label="Description"
        description="Optional. For your own reference."
        autosize
        maxRows={4}
        maxLength={500}
        {...form.getInputProps('description')}
      />
    </Stack>
  );
}
