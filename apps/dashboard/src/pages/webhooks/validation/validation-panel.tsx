import { Button, Group, Stack, Text } from '@mantine/core';
import { Send } from 'lucide-react';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { Mono } from '../../../components/mono.js';
import { notifySuccess } from '../../../notify/notify.js';
import { Panel } from '../../../components/panel.js';
import { useWebhookChanged } from '../use-webhook.js';
import { AttestForm } from './attest-form.js';
import { CodeForm } from './code-form.js';
import { EgressAddresses } from './egress-addresses.js';
import { HeadersApproval, isWithheld } from './headers-approval.js';
import { SendCodeResult } from './send-code-result.js';
import { t, tNode } from '../../../i18n/t.js';

/** Validates a URL: a code is sent to it, and the user enters the code. */
export function ValidationPanel({ webhook, title }: { webhook: Webhook; title?: string }) {
  const { id, url, pendingUrl } = webhook;
  const canCreate = useCan('webhooks:write', 'create');
  const canEdit = useCan('webhooks:write', 'edit');
  const canValidate = canCreate || canEdit;
  const changed = useWebhookChanged();
  const send = api.useMutation('post', '/v1/webhooks/{id}/validation', {
    meta: { failureShown: true },
    onSuccess(response) {
      if (!response.webhook) return;
      notifySuccess(t('URL validated: the receiver confirmed the code'));
      changed(response.webhook);
    },
  });
  const isSent = send.data !== undefined;
  return (
    <Panel
      title={title ?? (pendingUrl === null ? t('Validate the URL') : t('Validate the new URL'))}
      description={descriptionOf(webhook)}
      actions={pendingUrl !== null && canEdit && <DiscardNewUrl webhook={webhook} />}
    >
      <Stack>
        {canValidate ? (
          <>
            <Text>
              {tNode(
                'Send a code to {{url}} and look it up in the request. Enter the code to prove you control this URL.',
                { url: <Mono>{pendingUrl ?? url ?? ''}</Mono> },
              )}
            </Text>
            <EgressAddresses />
            <HeadersApproval
              webhook={webhook}
              isWithheld={isWithheld(send.error)}
              onApproved={() => send.reset()}
            />
            <Group>
              <Button
                variant={isSent ? 'default' : 'filled'}
                leftSection={<Send size={16} aria-hidden />}
                loading={send.isPending}
                onClick={() => send.mutate({ params: { path: { id } } })}
              >
                {isSent ? t('Send new code') : t('Send code')}
              </Button>
            </Group>
            <SendCodeResult sent={send.data} error={send.error} />
            <CodeForm key={send.data?.expiresAt} webhookId={id} />
            <AttestForm webhook={webhook} />
          </>
        ) : (
          <Text c="dimmed">{t("You have read-only access and can't validate this URL.")}</Text>
        )}
      </Stack>
    </Panel>
  );
}

function descriptionOf({ status, pendingUrl }: Webhook): string {
  if (pendingUrl !== null) return t('Until then, events go to the current URL.');
  return status === 'pending_validation'
    ? t('Events are sent only after validation.')
    : t(
        'Events are sent already: the URL was attested when it was moved here. Validate it to confirm that it is yours.',
      );
}

function DiscardNewUrl({ webhook: { id, url } }: { webhook: Webhook }) {
  const changed = useWebhookChanged();
  const update = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { success: t('New URL discarded') },
    onSuccess: changed,
  });
  return (
    <Button
      variant="default"
      size="xs"
      loading={update.isPending}
      onClick={() => update.mutate({ params: { path: { id } }, body: { url: url ?? undefined } })}
    >
      {t('Discard new URL')}
    </Button>
  );
}
