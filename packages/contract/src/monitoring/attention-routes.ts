import { z } from 'zod';
import { apiId } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';
import { webhookHealth } from '../webhooks/webhook-health.js';

/** Maximum number of webhooks of each kind in a response. */
export const MAX_ATTENTION_WEBHOOKS = 5;

const count = z.int();

const listed = {
  webhookId: apiId('webhook'),
  tenantId: apiId('tenant'),
  url: z.string().nullish().meta({ description: 'Only for keys with the scope `webhooks:read`.' }),
  description: z.string().nullish().meta({ description: 'Only for keys with the scope `webhooks:read`.' }),
};

const acknowledgedAt = timestamp
  .nullable()
  .meta({ description: 'When the state was acknowledged; null if it was not, or has changed since.' });

const attention = z
  .strictObject({
    failing: z
      .strictObject({
        total: count,
        webhooks: z.array(
          z
            .strictObject({
              ...listed,
              since: timestamp.nullable(),
              ...webhookHealth.pick({ lastStatus: true, lastError: true, failureRate: true }).shape,
              acknowledgedAt,
            })
            .meta({ id: 'FailingWebhook', description: 'Longest failing first, acknowledged ones last.' }),
        ),
      })
      .meta({ id: 'FailingWebhooks', description: 'Active webhooks whose health is `failing`.' }),
    suspended: z
      .strictObject({
        total: count,
        webhooks: z.array(
          z
            .strictObject({
              ...listed,
              suspendedAt: timestamp.nullable(),
              reason: z.string().nullable(),
              acknowledgedAt,
            })
            .meta({
              id: 'SystemSuspendedWebhook',
              description: 'Most recently suspended first, acknowledged ones last.',
            }),
        ),
      })
      .meta({ id: 'SystemSuspendedWebhooks', description: 'Webhooks that Posthorn suspended by itself.' }),
    slow: z
      .strictObject({
        total: count,
        webhooks: z.array(
          z
            .strictObject({
              ...listed,
              averageMs: z.int().meta({
                description: 'The average response time of the last 10 minutes, in milliseconds.',
              }),
            })
            .meta({ id: 'SlowWebhook', description: 'Slowest first.' }),
        ),
      })
      .meta({
        id: 'SlowWebhooks',
        description: 'Webhooks in the slow lane that took more than a second to respond on average.',
      }),
    backlog: z
      .strictObject({
        total: count,
        webhooks: z.array(
          z
            .strictObject({
              ...listed,
              pending: count.meta({ description: 'The number of pending deliveries, at most 10,000.' }),
              oldestAt: timestamp.meta({ description: 'When the oldest of them was created.' }),
            })
            .meta({ id: 'WebhookBacklog', description: 'Oldest first.' }),
        ),
      })
      .meta({
        id: 'WebhookBacklogs',
        description: 'Active webhooks with a delivery that has been pending for more than a minute.',
      }),
    expiring: z
      .strictObject({
        total: count,
        certificates: z.array(
          z
            .strictObject({
              ...listed,
              webhookId: apiId('webhook')
                .nullable()
                .meta({ description: 'Null for a certificate of the tenant.' }),
              kind: z.enum(['client', 'ca']).meta({
                id: 'CertificateKind',
                description: 'A client certificate, or a certificate of an authority.',
              }),
              notAfter: timestamp.meta({ description: 'When it expires, or has expired.' }),
            })
            .meta({ id: 'ExpiringCertificate', description: 'The first to expire first.' }),
        ),
      })
      .meta({
        id: 'ExpiringCertificates',
        description: 'Certificates of webhooks and tenants that have expired or expire within 30 days.',
      }),
    rejectedEvents: z
      .strictObject({
        total: count.meta({ description: 'The number of the last 24 hours, at most 1,000.' }),
        lastAt: timestamp.nullable(),
      })
      .meta({ id: 'RecentRejectedEvents', description: 'Events pushed to Redis that were rejected.' }),
  })
  .meta({ id: 'Attention' });

export const attentionRoutes = {
  getAttention: {
    tag: 'Overview',
    scope: 'deliveries:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/overview/attention',
    summary: 'Get what needs attention',
    description:
      'Returns the webhooks that are failing, were suspended by Posthorn, are slow or have a backlog and the certificates that expire soon, the worst ' +
      `${MAX_ATTENTION_WEBHOOKS} of each and how many there are, and the number of rejected events. Without \`tenantId\`, a key ` +
      'for all tenants gets those of all tenants.',
    query: z.strictObject({ tenantId: listedTenant.optional() }),
    responses: { 200: { description: 'What needs attention.', body: attention } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;
