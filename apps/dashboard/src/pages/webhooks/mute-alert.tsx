import { Alert, Button, Group } from '@mantine/core';
import { BellOff } from 'lucide-react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import type { Webhook } from '../../api/types.js';
import { Time } from '../../components/time.js';
import { useWebhookChanged } from './use-webhook.js';
import { t, tNode } from '../../i18n/t.js';

/** Says by whom the notifications of a webhook are muted, and ends that. */
export function MuteAlert({ webhook: { id, notifications } }: { webhook: Webhook }) {
  const { mutedAt, mutedUntil, mutedBy, acknowledgedAt, acknowledgedBy } = notifications;
  const canEdit = useCan('webhooks:operate', 'notifications');
  const unmute = api.useMutation('post', '/v1/webhooks/{id}/notifications/unmute', {
    meta: { success: t('Notifications unmuted') },
    onSuccess: useWebhookChanged(),
  });
  if (mutedAt === null && acknowledgedAt === null) return null;
  const by = mutedAt === null ? acknowledgedBy : mutedBy;
  return (
    <Alert
      color="gray"
      icon={<BellOff size={18} aria-hidden />}
      title={mutedAt === null ? t('Acknowledged') : t('Notifications muted')}
      role="status"
    >
      <Group justify="space-between" gap="xs">
        <span>
          {by !== null && `${t('By {{name}}.', { name: by })} `}
          {tNode('Since {{time}}.', { time: <Time at={mutedAt ?? acknowledgedAt} /> })}{' '}
          {mutedUntil !== null && tNode('Until {{time}}.', { time: <Time at={mutedUntil} /> })}
          {mutedAt === null && t('You will be notified again when the state changes.')}
        </span>
        {canEdit && (
          <Button
            variant="default"
            size="compact-sm"
            loading={unmute.isPending}
            onClick={() => unmute.mutate({ params: { path: { id } } })}
          >
            {t('Unmute')}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
