import { Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { notifySuccess } from '../../../notify/notify.js';
import { useWebhookChanged } from '../use-webhook.js';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

/** Above this, the number of pending deliveries is not exact. */
const MAX_COUNTED = 200;

export function SuspendModal({ webhook: { id }, ...modal }: WebhookDialogProps) {
  const [reason, setReason] = useState('');
  const changed = useWebhookChanged();
  const suspend = api.useMutation('post', '/v1/webhooks/{id}/suspend', {
    meta: { failureShown: true },
    onSuccess({ droppedDeliveries, ...webhook }) {
      notifySuccess(
        droppedDeliveries === 0
          ? t('Webhook suspended')
          : t('Webhook suspended. {{count, number}} pending deliveries dropped.', {
              count: droppedDeliveries,
            }),
      );
      changed(webhook);
    },
  });
  return (
    <ConfirmModal
      {...modal}
      title={t('Suspend this webhook?')}
      confirmLabel={t('Suspend webhook')}
      onConfirm={(options) =>
        suspend.mutate(
          {
            params: { path: { id } },
            body: { ...(reason.trim() !== '' && { reason: reason.trim() }) },
          },
          options,
        )
      }
      mutation={suspend}
    >
      <Stack>
        <Text>
          {t('Delivery stops now.')} <PendingDeliveries webhookId={id} />{' '}
          {t('Events published while suspended are never sent.')}
        </Text>
        <TextInput
          label={t('Reason')}
          description={t('Optional. Shown with the webhook and in the audit log.')}
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={500}
        />
      </Stack>
    </ConfirmModal>
  );
}

/** States how many pending deliveries the suspension drops. */
function PendingDeliveries({ webhookId }: { webhookId: string }) {
  const { data } = api.useQuery(
    'get',
    '/v1/deliveries',
    { params: { query: { webhookId, status: 'pending', limit: MAX_COUNTED } } },
    { enabled: useCan('deliveries:read'), staleTime: 0 },
  );
  if (!data)
    return (
      <>
        {t(
          'Pending deliveries are dropped. You can retry them individually, or with a replay or a recovery.',
        )}
      </>
    );
  if (data.nextCursor !== null)
    return (
      <>
        {t(
          'More than {{max}} pending deliveries are dropped. You can retry them individually, or with a replay or a recovery.',
          { max: MAX_COUNTED },
        )}
      </>
    );
  if (data.data.length === 0) return <>{t('There are no pending deliveries.')}</>;
  return (
    <>
      {t(
        '{{count, number}} pending deliveries are dropped. You can retry them individually, or with a replay or a recovery.',
        { count: data.data.length },
      )}
    </>
  );
}
