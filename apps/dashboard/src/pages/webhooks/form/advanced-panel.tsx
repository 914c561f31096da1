import { Stack } from '@mantine/core';
import { type OwnSecret, OwnSecretInput } from '../secrets/own-secret-input.js';
import AdvancedFields from './advanced-fields.js';
import type { WebhookForm } from './use-webhook-form.js';

interface AdvancedPanelProps {
  form: WebhookForm;
  ownSecret: OwnSecret;
  onOwnSecret: (secret: OwnSecret) => void;
}

/** The settings of a new webhook that have a default. */
export default function AdvancedPanel({ form, ownSecret, onOwnSecret }: AdvancedPanelProps) {
  return (
    <Stack>
      <AdvancedFields form={form} headerNames={[]} />
      <OwnSecretInput value={ownSecret} onChange={onOwnSecret} />
    </Stack>
  );
}
