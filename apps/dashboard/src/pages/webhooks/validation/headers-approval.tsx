import { customHeaderNames } from '@posthorn/core/custom-headers';
import { Button, Group, Text } from '@mantine/core';
import { api } from '../../../api/api.js';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { Mono } from '../../../components/mono.js';
import { useWebhookChanged } from '../use-webhook.js';
import { tNode } from '../../../i18n/t.js';

/** Shows whether the validation request includes the headers of the webhook and its delivery format. Admins can approve them. */
export function HeadersApproval({ webhook }: { webhook: Webhook }) {
  const { headersApproved } = webhook;
  const isAdmin = useCan('admin');
  const headerNames = [...webhook.headerNames, ...customHeaderNames(webhook.deliveryFormat ?? {})];
  if (headerNames.length === 0) return null;
  const names = <Mono>{headerNames.join(', ')}</Mono>;
  if (headersApproved)
    return <Text size="sm">{tNode('The request includes the headers {{names}}.', { names })}</Text>;
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm">{tNode('The headers {{names}} are sent only after validation.', { names })}</Text>
      {isAdmin && <ApproveHeaders webhook={webhook} />}
    </Group>
  );
}

function ApproveHeaders({ webhook: { id } }: { webhook: Webhook }) {
  const changed = useWebhookChanged();
  const approve = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { success: 'Headers approved' },
    onSuccess: changed,
  });
  return (
    <Button
      variant="default"
      size="xs"
      loading={approve.isPending}
      onClick={() => approve.mutate({ params: { path: { id } }, body: { headersApproved: true } })}
    >
      Approve headers
    </Button>
  );
}
