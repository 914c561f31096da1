import { TagsInput, Textarea, TextInput } from '@mantine/core';
import type { TenantForm } from './tenant-form-values.js';

/** What the operator keeps about a tenant for its own use. */
export function OwnFields({ form }: { form: TenantForm }) {
  return (
    <>
      <TextInput
        label="External ID"
        description="Your own ID of the tenant, for API calls."
        maxLength={255}
        spellCheck={false}
        {...form.getInputProps('externalId')}
      />
      <TagsInput
        label="Tags"
        description="Your own labels, to filter lists. Letters, digits, and - _ . :"
        maxTags={20}
        splitChars={[',', ' ']}
        spellCheck={false}
        autoCapitalize="off"
        {...form.getInputProps('tags')}
      />
      <Textarea
        label="Metadata"
        description="Your own data as a JSON object."
        placeholder={'{ "plan": "enterprise" }'}
        autosize
        minRows={2}
        maxRows={16}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        {...form.getInputProps('metadata')}
      />
    </>
  );
}
