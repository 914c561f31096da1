import { LANES } from '@posthorn/core';
import { z } from 'zod';
import { timestamp } from '../values/lists.js';
import { pending } from '../deliveries/pending.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';

const count = z.int();

const overview = z
  .strictObject({
    time: timestamp.meta({ description: 'When the snapshot was taken.' }),
    workers: z
      .strictObject({
        processes: count.nullable().meta({
          description:
            'The number of worker processes connected to the fast lane. Null if Redis cannot report it.',
        }),
      })
      .meta({ id: 'Workers' })
      .nullable()
      .meta({ description: 'Null in the overview of one tenant.' }),
    lanes: z
      .array(
        z
          .strictObject({
            lane: z.enum(LANES).meta({ id: 'LaneName' }),
            oldestDueSeconds: z.number().nullable().meta({
              description:
                'The waiting time of the oldest due delivery, in seconds. Null if none is waiting.',
            }),
            waiting: count.meta({ description: 'The number of deliveries waiting for a worker.' }),
          })
          .meta({ id: 'Lane' }),
      )
      .nullable()
      .meta({ description: 'Null in the overview of one tenant.' }),
    webhooks: z
      .strictObject({
        active: count,
        suspended: count,
        pendingValidation: count,
        health: z
          .strictObject({ healthy: count, throttled: count, failing: count })
          .meta({ id: 'HealthCounts', description: 'The number of active webhooks by health.' }),
      })
      .meta({
        id: 'WebhookCounts',
        description: 'The number of webhooks of the tenant, or of all tenants, by status and by health.',
      }),
    pending,
  })
  .meta({ id: 'Overview' });

export type OverviewResponse = z.input<typeof overview>;

const query = z.strictObject({ tenantId: listedTenant.optional() });

const overviews = {
  tag: 'Overview',
  scope: 'deliveries:read',
  tenancy: 'own',
  method: 'get',
  query,
  errors: ['not_found'],
} as const;

export const overviewRoutes = {
  getOverview: {
    ...overviews,
    path: '/v1/overview',
    summary: 'Get the overview',
    description:
      'Returns the key figures of the system, at most one second old. Without `tenantId`, a key for all tenants gets the ' +
      'figures of the whole system.',
    responses: { 200: { description: 'The overview.', body: overview } },
  },
  followOverview: {
    ...overviews,
    path: '/v1/overview/live',
    summary: 'Stream the overview',
    description:
      'Streams server-sent events: `overview` every 2 seconds, and comments as keep-alive. The stream ends when its key or ' +
      'session expires and when the process stops. A process has at most 20 open streams of a key, including its sessions, 50 ' +
      'of a tenant and 1000 in total; then it returns 429 with `Retry-After`.',
    responses: {
      200: {
        description: 'The event stream. The schema describes the `data` of each event.',
        body: overview,
        stream: true,
      },
    },
  },
} as const satisfies Record<string, RouteDefinition>;
