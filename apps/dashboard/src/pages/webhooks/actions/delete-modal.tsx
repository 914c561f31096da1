import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { webhookQuery } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

export function DeleteModal({ webhook: { id, url }, ...modal }: WebhookDialogProps) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const remove = api.useMutation('delete', '/v1/webhooks/{id}', {
    meta: {
      failureShown: true,
      success: t('Webhook deleted'),
      invalidates: ['/v1/webhooks', '/v1/tenants/{id}'],
    },
    async onSuccess() {
      await navigate({ to: '/webhooks' });
      queryClient.removeQueries(webhookQuery(id));
    },
  });
  return (
    <ConfirmModal
      {...modal}
      title={t('Delete this webhook?')}
      confirmLabel={t('Delete webhook')}
      danger
      name={url === null ? id : new URL(url).host}
      onConfirm={() => remove.mutate({ params: { path: { id } } })}
      mutation={remove}
    >
      {t(
        "Delivery stops now, and pending deliveries are dropped. Past deliveries stay visible. This can't be undone.",
      )}
    </ConfirmModal>
  );
}
