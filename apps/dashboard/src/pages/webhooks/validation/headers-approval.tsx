import { customHeaderNames } from '@posthorn/core/custom-headers';
import { Button, Group, Text } from '@mantine/core';
import * as z from 'zod/mini';
import { api } from '../../../api/api.js';
import { toProblem } from '../../../problems/problem.js';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { Mono } from '../../../components/mono.js';
import { useWebhookChanged } from '../use-webhook.js';
import { t, tNode } from '../../../i18n/t.js';

interface HeadersApprovalProps {
  webhook: Webhook;
  /** Whether the last validation request failed without what needs an approval. For a webhook without any itself, it is the client certificate of its tenant. */
  isWithheld: boolean;
  onApproved: () => void;
}

const withheld = z.object({
  reason: z.object({ code: z.enum(['client_certificate_withheld', 'receiver_status_without_headers']) }),
});

/** Returns whether a validation request failed without what needs an approval. */
export const isWithheld = (error: unknown): boolean =>
  error !== null && withheld.safeParse(toProblem(error).body).success;

/** Shows whether the validation request includes the headers of the webhook and its delivery format, or a client certificate. Admins can approve them. */
export function HeadersApproval({ webhook, isWithheld: wasWithheld, onApproved }: HeadersApprovalProps) {
  const { headersApproved } = webhook;
  const isAdmin = useCan('admin');
  const headerNames = [
    ...webhook.headerNames,
    ...authHeaderNames(webhook),
    ...customHeaderNames(webhook.deliveryFormat ?? {}),
  ];
  if (headerNames.length === 0)
    return webhook.clientCertificate === null && !wasWithheld ? null : (
      <CertificateApproval webhook={webhook} onApproved={onApproved} />
    );
  const names = <Mono>{headerNames.join(', ')}</Mono>;
  if (headersApproved)
    return <Text size="sm">{tNode('The request includes the headers {{names}}.', { names })}</Text>;
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm">{tNode('The headers {{names}} are sent only after validation.', { names })}</Text>
      {isAdmin && <ApproveHeaders webhook={webhook} onApproved={onApproved} />}
    </Group>
  );
}

function authHeaderNames({ auth }: Webhook): string[] {
  if (auth === null) return [];
  return [auth.type === 'apiKey' ? auth.header : 'Authorization'];
}

type ApprovalProps = Pick<HeadersApprovalProps, 'webhook' | 'onApproved'>;

/** The same for a webhook whose client certificate is all that it applies to. */
function CertificateApproval({ webhook, onApproved }: ApprovalProps) {
  const isAdmin = useCan('admin');
  if (webhook.headersApproved)
    return <Text size="sm">{t('The request presents the client certificate.')}</Text>;
  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm">{t('The client certificate is presented only after validation.')}</Text>
      {isAdmin && <ApproveHeaders webhook={webhook} onApproved={onApproved} />}
    </Group>
  );
}

function ApproveHeaders({ webhook: { id }, onApproved }: ApprovalProps) {
  const changed = useWebhookChanged();
  const approve = api.useMutation('patch', '/v1/webhooks/{id}', {
    meta: { success: 'Headers approved' },
    onSuccess(approved) {
      changed(approved);
      onApproved();
    },
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
