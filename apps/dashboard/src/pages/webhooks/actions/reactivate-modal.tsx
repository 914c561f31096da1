import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

export function ReactivateModal({ webhook: { id }, ...modal }: WebhookDialogProps) {
  const reactivate = api.useMutation('post', '/v1/webhooks/{id}/reactivate', {
    meta: { failureShown: true, success: t('Webhook reactivated') },
    onSuccess: useWebhookChanged(),
  });
  return (
    <ConfirmModal
      {...modal}
      title={t('Reactivate this webhook?')}
      confirmLabel={t('Reactivate webhook')}
      onConfirm={(options) => reactivate.mutate({ params: { path: { id } }, body: {} }, options)}
      mutation={reactivate}
    >
      {t(
        'Events published from now on are delivered. Events published while suspended are never sent. You can retry the deliveries that the suspension dropped individually, or with a replay or a recovery.',
      )}
    </ConfirmModal>
  );
}
