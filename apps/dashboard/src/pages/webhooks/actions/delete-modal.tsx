import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../../api/api.js';
import { useInvalidate } from '../../../api/use-invalidate.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { webhookQuery } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

export function DeleteModal({ webhook: { id, url }, opened, onClose }: WebhookDialogProps) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const invalidate = useInvalidate();
  const remove = api.useMutation('delete', '/v1/webhooks/{id}', {
    meta: { failureShown: true, success: t('Webhook deleted') },
    async onSuccess() {
      await navigate({ to: '/webhooks' });
      queryClient.removeQueries(webhookQuery(id));
      invalidate('/v1/webhooks', '/v1/tenants/{id}');
    },
  });
  return (
    <ConfirmModal
      opened={opened}
      onClose={onClose}
      title={t('Delete this webhook?')}
      confirmLabel={t('Delete webhook')}
      danger
      name={new URL(url).host}
      onConfirm={() => remove.mutate({ params: { path: { id } } })}
      mutation={remove}
    >
      <Text>
        {t(
          "Delivery stops now, and pending deliveries are dropped. Past deliveries stay visible. This can't be undone.",
        )}
      </Text>
    </ConfirmModal>
  );
}
