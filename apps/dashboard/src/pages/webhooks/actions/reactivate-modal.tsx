import { Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

export function ReactivateModal({ webhook: { id }, opened, onClose }: WebhookDialogProps) {
  const changed = useWebhookChanged();
  const reactivate = api.useMutation('post', '/v1/webhooks/{id}/reactivate', {
    meta: { failureShown: true, success: 'The webhook is active again' },
    onSuccess(webhook) {
      changed(webhook);
      onClose();
    },
  });
  return (
    <ConfirmModal
      opened={opened}
      onClose={() => {
        reactivate.reset();
        onClose();
      }}
      title="Reactivate this webhook?"
      confirmLabel="Reactivate"
      onConfirm={() => reactivate.mutate({ params: { path: { id } }, body: {} })}
      pending={reactivate.isPending}
      error={reactivate.error}
    >
      <Text>
        It gets what is published from now on. Nothing comes back by itself: neither what was published while
        it was suspended, nor what the suspension dropped. What was dropped can be replayed once it is active.
      </Text>
    </ConfirmModal>
  );
}
