import { MAX_ATTENTION_WEBHOOKS } from '@posthorn/contract';
import { encodeId } from '@posthorn/core';
import { readAttention } from '@posthorn/database/health';
import { hasScope } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { timeOrNull } from '../http/page.js';
import { listedTenantOrAll } from '../access/tenancy.js';
import { audienceOf } from '../webhooks/webhook-responses.js';
import type { OverviewDeps } from './deps.js';

interface Shown {
  tenantId: string;
  url: string | null;
  description: string | null;
}

export const getAttention: Handler<'getAttention', OverviewDeps> = async (
  { caller, query },
  { prisma, historyPool },
) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const found = await readAttention(historyPool, {
    tenantId,
    audience: audienceOf(caller),
    now: new Date(),
    limit: MAX_ATTENTION_WEBHOOKS,
  });
  const seesUrls = hasScope(caller, 'webhooks:read');
  const shown = ({ tenantId: id, url, description }: Shown) => ({
    tenantId: encodeId('tenant', id),
    ...(seesUrls && { url, description }),
  });
  const listed = (webhook: Shown & { id: string }) => ({
    webhookId: encodeId('webhook', webhook.id),
    ...shown(webhook),
  });
  const { failing, suspended, slow, backlog, expiring, rejectedEvents } = found;
  return {
    status: 200,
    body: {
      failing: {
        total: failing.total,
        webhooks: failing.webhooks.map((webhook) =>
          Object.assign(listed(webhook), {
            since: timeOrNull(webhook.since),
            lastStatus: webhook.lastStatus,
            lastError: webhook.lastError,
            failureRate: webhook.failureRate,
            acknowledgedAt: timeOrNull(webhook.acknowledgedAt),
          }),
        ),
      },
      suspended: {
        total: suspended.total,
        webhooks: suspended.webhooks.map((webhook) =>
          Object.assign(listed(webhook), {
            suspendedAt: timeOrNull(webhook.suspendedAt),
            reason: webhook.reason,
            acknowledgedAt: timeOrNull(webhook.acknowledgedAt),
          }),
        ),
      },
      slow: {
        total: slow.total,
        webhooks: slow.webhooks.map((webhook) =>
          Object.assign(listed(webhook), {
            averageMs: Math.round(webhook.averageMs),
          }),
        ),
      },
      backlog: {
        total: backlog.total,
        webhooks: backlog.webhooks.map((webhook) =>
          Object.assign(listed(webhook), {
            pending: webhook.pending,
            oldestAt: webhook.oldestAt.toISOString(),
          }),
        ),
      },
      expiring: {
        total: expiring.total,
        certificates: expiring.certificates.map((certificate) =>
          Object.assign(shown(certificate), {
            webhookId: certificate.webhookId === null ? null : encodeId('webhook', certificate.webhookId),
            kind: certificate.kind,
            notAfter: certificate.notAfter.toISOString(),
          }),
        ),
      },
      rejectedEvents: { total: rejectedEvents.total, lastAt: timeOrNull(rejectedEvents.lastAt) },
    },
  };
};
