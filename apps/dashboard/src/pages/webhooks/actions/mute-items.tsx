import { Menu } from '@mantine/core';
import { BellOff, Check } from 'lucide-react';
import { api } from '../../../api/api.js';
import type { Webhook } from '../../../api/types.js';
import { useAcknowledge } from '../use-acknowledge.js';
import { useWebhookChanged } from '../use-webhook.js';
import { t } from '../../../i18n/t.js';

const DAY_MS = 86_400_000;

/** Mutes the notifications of a webhook, or acknowledges that it is failing. */
export function MuteItems({ webhook: { id, status, health } }: { webhook: Webhook }) {
  const mute = api.useMutation('post', '/v1/webhooks/{id}/notifications/mute', {
    meta: { success: t('Notifications muted') },
    onSuccess: useWebhookChanged(),
  });
  const { acknowledge } = useAcknowledge();
  const params = { path: { id } };
  return (
    <>
      {(status === 'suspended' || health.state === 'failing') && (
        <Menu.Item leftSection={<Check size={15} aria-hidden />} onClick={() => acknowledge(id)}>
          {t('Acknowledge')}
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<BellOff size={15} aria-hidden />}
        onClick={() =>
          mute.mutate({ params, body: { untilAt: new Date(Date.now() + DAY_MS).toISOString() } })
        }
      >
        {t('Mute notifications for a day')}
      </Menu.Item>
      <Menu.Item
        leftSection={<BellOff size={15} aria-hidden />}
        onClick={() => mute.mutate({ params, body: {} })}
      >
        {t('Mute notifications')}
      </Menu.Item>
    </>
  );
}
