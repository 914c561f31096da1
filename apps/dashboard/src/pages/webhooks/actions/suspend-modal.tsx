import { Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { formatCount } from '../../../components/format-number.js';
import { notifySuccess } from '../../../components/notify.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

/** Most pending deliveries that are counted one by one. */
const MAX_COUNTED = 200;

export function SuspendModal({ webhook: { id }, opened, onClose }: WebhookDialogProps) {
  const [reason, setReason] = useState('');
  const changed = useWebhookChanged();
  const suspend = api.useMutation('post', '/v1/webhooks/{id}/suspend', {
    meta: { failureShown: true },
    onSuccess({ droppedDeliveries, ...webhook }) {
      notifySuccess(`Suspended. ${droppedOf(droppedDeliveries)}`);
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
      confirmLabel="Suspend"
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
          No request to it starts any more. <Losses webhookId={id} /> Events that are published meanwhile are
          not for it, and do not come when it is reactivated.
        </Text>
        <TextInput
          label="Reason"
          description="Goes on record. It may be left out."
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={500}
        />
      </Stack>
    </ConfirmModal>
  );
}

/** What a suspension drops, in figures where they may be seen. */
function Losses({ webhookId }: { webhookId: string }) {
  const { data } = api.useQuery(
    'get',
    '/v1/deliveries',
    { params: { query: { webhookId, status: 'pending', limit: MAX_COUNTED } } },
    { enabled: useCan('deliveries:read'), staleTime: 0 },
  );
  if (!data) return <>Its pending deliveries are dropped for good.</>;
  if (data.nextCursor !== null) return <>More than {MAX_COUNTED} pending deliveries are dropped for good.</>;
  if (data.data.length === 0) return <>Nothing is pending now.</>;
  return <strong>{deliveriesOf(data.data.length)} dropped for good.</strong>;
}

function droppedOf(count: number): string {
  return count === 0 ? 'Nothing was pending.' : `${deliveriesOf(count)} dropped.`;
}

function deliveriesOf(count: number): string {
  return count === 1 ? '1 pending delivery is' : `${formatCount(count)} pending deliveries are`;
}
