import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';

/** Makes a webhook a shadow, or ends that. Only for operators. */
export function ShadowModal({ webhook: { id, shadow }, ...modal }: WebhookDialogProps) {
  const update = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { failureShown: true, success: shadow ? 'Shadow mode disabled' : 'Shadow mode enabled' },
    onSuccess: useWebhookChanged(),
  });
  return (
    <ConfirmModal
      {...modal}
      title={shadow ? 'Disable shadow mode?' : 'Enable shadow mode?'}
      confirmLabel={shadow ? 'Disable shadow mode' : 'Enable shadow mode'}
      onConfirm={(options) => update.mutate({ params: { path: { id } }, body: { shadow: !shadow } }, options)}
      mutation={update}
    >
      {shadow
        ? 'Events published from now on are sent. Earlier events are not.'
        : 'Deliveries are recorded, but not sent. Pending deliveries are dropped. Use it while another system still sends these events.'}
    </ConfirmModal>
  );
}
