import { Stack, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { EventTypesInput } from './event-types-input.js';
import type { WebhookForm } from './use-webhook-form.js';

interface WebhookFieldsProps {
  form: WebhookForm;
  /** What a change of the URL brings. */
  urlDescription: ReactNode;
}

/** What every webhook is made of. */
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
        description="Pick them, or type a pattern: everything below a prefix is invoice.*"
        placeholder={form.values.eventTypes.length === 0 ? 'invoice.paid' : 'Add'}
        {...form.getInputProps('eventTypes')}
      />
      <Textarea
        label="Description"
        description="For people: what it is for, whom to ask."
        autosize
        maxRows={4}
        maxLength={500}
        {...form.getInputProps('description')}
      />
    </Stack>
  );
}
