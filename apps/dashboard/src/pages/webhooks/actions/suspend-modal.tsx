import { Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { formatCount } from '../../../components/format-number.js';
import { notifySuccess } from '../../../components/notify.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

/** Above this, the number of pending deliveries is not exact. */
const MAX_COUNTED = 200;

export function SuspendModal({ webhook: { id }, opened, onClose }: WebhookDialogProps) {
  const [reason, setReason] = useState('');
  const changed = useWebhookChanged();
  const suspend = api.useMutation('post', '/v1/webhooks/{id}/suspend', {
    meta: { failureShown: true },
    onSuccess({ droppedDeliveries, ...webhook }) {
      notifySuccess(
        droppedDeliveries === 0
          ? 'Webhook suspended'
          : `Webhook suspended. ${countPending(droppedDeliveries)} dropped.`,
      );
      changed(webhook);
      onClose();
    },
  });
  return (
    <ConfirmModal
      opened={opened}
      onClose={() => {
        suspend.reset();
        onClose();
      }}
      title="Suspend this webhook?"
      confirmLabel="Suspend webhook"
      onConfirm={() =>
        suspend.mutate({
          params: { path: { id } },
          body: { ...(reason.trim() !== '' && { reason: reason.trim() }) },
        })
      }
      pending={suspend.isPending}
      error={suspend.error}
    >
      <Stack>
        <Text>
          Delivery stops now. <PendingDeliveries webhookId={id} /> Events published while suspended are never
          sent.
        </Text>
        <TextInput
          label="Reason"
          description="Optional. Shown with the webhook and in the audit log."
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={500}
        />
      </Stack>
    </ConfirmModal>
  );
}

const RETRIES = 'you can retry them one by one or by a replay.';

/** States how many pending deliveries the suspension drops. */
function PendingDeliveries({ webhookId }: { webhookId: string }) {
  const { data } = api.useQuery(
    'get',
    '/v1/deliveries',
    { params: { query: { webhookId, status: 'pending', limit: MAX_COUNTED } } },
    { enabled: useCan('deliveries:read'), staleTime: 0 },
  );
  if (!data) return <>Pending deliveries are dropped; {RETRIES}</>;
  if (data.nextCursor !== null)
    return (
      <>
        More than {MAX_COUNTED} pending deliveries will be dropped; {RETRIES}
      </>
    );
  if (data.data.length === 0) return <>There are no pending deliveries.</>;
  return (
    <>
      <strong>{countPending(data.data.length)} will be dropped</strong>; {RETRIES}
    </>
  );
}

function countPending(count: number): string {
  return count === 1 ? '1 pending delivery' : `${formatCount(count)} pending deliveries`;
}
