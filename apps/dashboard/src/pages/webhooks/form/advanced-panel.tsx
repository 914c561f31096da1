import { Stack } from '@mantine/core';
import { type OwnKeys, OwnKeysFields } from '../secrets/own-keys-fields.js';
import AdvancedFields from './advanced-fields.js';
import type { WebhookForm } from './use-webhook-form.js';

interface AdvancedPanelProps {
  form: WebhookForm;
  ownKeys: OwnKeys;
  onOwnKeys: (keys: OwnKeys) => void;
}

/** The settings of a new webhook that have a default. */
export default function AdvancedPanel({ form, ownKeys, onOwnKeys }: AdvancedPanelProps) {
  return (
    <Stack>
      <AdvancedFields form={form} webhook={null} />
      <OwnKeysFields form={form} value={ownKeys} onChange={onOwnKeys} />
    </Stack>
  );
}
