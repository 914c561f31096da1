import { Button, Group, Stack, Text } from '@mantine/core';
import { Send } from 'lucide-react';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { Mono } from '../../../components/mono.js';
import { notifySuccess } from '../../../components/notify.js';
import { Panel } from '../../../components/panel.js';
import { useWebhookChanged } from '../use-webhook.js';
import { CodeForm } from './code-form.js';
import { SendCodeResult } from './send-code-result.js';

/** Proves that a URL is its owner's: a code is sent there, and entered here. */
export function ValidationPanel({ webhook }: { webhook: Webhook }) {
  const { id, url, pendingUrl } = webhook;
  const mayChange = useCan('webhooks:write');
  const changed = useWebhookChanged();
  const send = api.useMutation('post', '/v1/webhooks/{id}/validation', {
    meta: { failureShown: true },
    onSuccess(answer) {
      if (!answer.webhook) return;
      notifySuccess('The receiver confirmed the code by itself');
      changed(answer.webhook);
    },
  });
  const isSent = send.data !== undefined;
  return (
    <Panel
      title={pendingUrl === null ? 'Verify the URL' : 'New URL, not in use yet'}
      description={
        pendingUrl === null
          ? 'It gets no events before that.'
          : 'Until it is verified, everything goes to the present URL.'
      }
      actions={pendingUrl !== null && mayChange && <DiscardNewUrl webhook={webhook} />}
    >
      <Stack>
        <Text>
          Posthorn sends a code to <Mono>{pendingUrl ?? url}</Mono>. Whoever finds it there and enters it here
          has shown that the URL is theirs.
        </Text>
        {mayChange ? (
          <>
            <Group>
              <Button
                variant={isSent ? 'default' : 'filled'}
                leftSection={<Send size={16} aria-hidden />}
                loading={send.isPending}
                onClick={() => send.mutate({ params: { path: { id } } })}
              >
                {isSent ? 'Send a new code' : 'Send verification code'}
              </Button>
            </Group>
            <SendCodeResult sent={send.data} error={send.error} />
            <CodeForm key={send.data?.expiresAt} webhookId={id} />
          </>
        ) : (
          <Text c="dimmed">You may look at this webhook, but not verify it.</Text>
        )}
      </Stack>
    </Panel>
  );
}

function DiscardNewUrl({ webhook: { id, url } }: { webhook: Webhook }) {
  const changed = useWebhookChanged();
  const update = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { success: 'The new URL is taken back' },
    onSuccess: changed,
  });
  return (
    <Button
      variant="default"
      size="xs"
      loading={update.isPending}
      onClick={() => update.mutate({ params: { path: { id } }, body: { url } })}
    >
      Take the new URL back
    </Button>
  );
}
