import { Modal, Skeleton } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { api, client } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { ActionModal, type Action } from '../../../components/action.js';
import type { components } from '../../../generated/api.js';
import { t } from '../../../i18n/t.js';
import { notifySuccess } from '../../../notify/notify.js';
import { useWebhookChanged, webhookQuery } from '../use-webhook.js';
import RotateSecretModal from './rotate-secret-modal.js';
import { ShadowModal } from './shadow-modal.js';

// Loaded on demand.
const TestForm = lazy(() => import('./test-form.js'));

const CONFIRMED = ['suspend', 'reactivate', 'delete'] as const;

export type WebhookDialog = 'test' | 'rotate' | 'shadow' | (typeof CONFIRMED)[number];

interface WebhookDialogsProps {
  webhook: Webhook;
  /** The open dialog. */
  dialog: WebhookDialog | null;
  opened: boolean;
  onClose: () => void;
}

/** The dialogs of the actions on a webhook. */
export default function WebhookDialogs({ webhook, dialog, onClose }: WebhookDialogsProps) {
  const actions = useActions(webhook);
  const propsOf = (name: WebhookDialog) => ({ opened: dialog === name, onClose });
  return (
    <>
      <Modal {...propsOf('test')} title={t('Send test event')} size="lg">
        <Suspense fallback={<Skeleton height={160} />}>
          <TestForm webhook={webhook} />
        </Suspense>
      </Modal>
      {CONFIRMED.map((kind) => (
        <ActionModal key={kind} {...actions[kind]} {...propsOf(kind)} />
      ))}
      <RotateSecretModal webhook={webhook} {...propsOf('rotate')} />
      <ShadowModal webhook={webhook} {...propsOf('shadow')} />
    </>
  );
}

function useActions({ id, url }: Webhook): Record<(typeof CONFIRMED)[number], Action> {
  const changed = useWebhookChanged();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const params = { path: { id } };
  return {
    suspend: {
      title: t('Suspend this webhook?'),
      text: (
        <>
          {t('Delivery stops now.')} <PendingDeliveries webhookId={id} />{' '}
          {t('Events published while suspended are never sent.')}
        </>
      ),
      fields: {
        reason: {
          label: t('Reason'),
          description: t('Optional. Shown with the webhook and in the audit log.'),
          maxLength: 500,
        },
      },
      label: t('Suspend webhook'),
      run: (body) => client.POST('/v1/webhooks/{id}/suspend', { params, body }),
      onDone({ droppedDeliveries: count, ...webhook }: components['schemas']['SuspendedWebhook']) {
        notifySuccess(
          count === 0
            ? t('Webhook suspended')
            : t('Webhook suspended. {{count, number}} pending deliveries dropped.', { count }),
        );
        changed(webhook);
      },
    },
    reactivate: {
      title: t('Reactivate this webhook?'),
      text: t(
        'Events published from now on are delivered. Events published while suspended are never sent. You can retry the deliveries that the suspension dropped individually, or with a replay or a recovery.',
      ),
      label: t('Reactivate webhook'),
      run: () => client.POST('/v1/webhooks/{id}/reactivate', { params, body: {} }),
      done: t('Webhook reactivated'),
      onDone: changed,
    },
    delete: {
      title: t('Delete this webhook?'),
      text: t(
        "Delivery stops now, and pending deliveries are dropped. Past deliveries stay visible. This can't be undone.",
      ),
      label: t('Delete webhook'),
      danger: true,
      name: url === null ? id : new URL(url).host,
      run: () => client.DELETE('/v1/webhooks/{id}', { params }),
      done: t('Webhook deleted'),
      invalidates: ['/v1/webhooks', '/v1/tenants/{id}'],
      async onDone() {
        await navigate({ to: '/webhooks' });
        queryClient.removeQueries(webhookQuery(id));
      },
    },
  };
}

/** Above this, the number of pending deliveries is not exact. */
const MAX_COUNTED = 200;

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
