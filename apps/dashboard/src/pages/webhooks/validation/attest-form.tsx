import { Button, Group, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api } from '../../../api/api.js';
import { useSession } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { useWebhookChanged } from '../use-webhook.js';

/** Attests the URL in place of a validation, while the operator may do so: during a migration. */
export function AttestForm({ webhook: { id, status, pendingUrl } }: { webhook: Webhook }) {
  const [reason, setReason] = useState('');
  const { attestationUntil } = useSession();
  const changed = useWebhookChanged();
  const attest = api.useMutation('post', '/v1/webhooks/{id}/validation/attest', {
    meta: { success: 'URL attested' },
    onSuccess: changed,
  });
  const isUnvalidated = status === 'pending_validation' || pendingUrl !== null;
  if (attestationUntil === null || !isUnvalidated) return null;

  function submit(event: FormEvent) {
    event.preventDefault();
    attest.mutate({ params: { path: { id } }, body: { reason: reason.trim() } });
  }

  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-end">
        <TextInput
          flex={1}
          label="Attest without a code"
          description="How you know that this URL belongs to the receiver. Shown permanently with the webhook and in the audit log."
          placeholder="Receives from our old system"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={500}
        />
        <Button type="submit" variant="default" loading={attest.isPending} disabled={reason.trim() === ''}>
          Attest URL
        </Button>
      </Group>
    </form>
  );
}
