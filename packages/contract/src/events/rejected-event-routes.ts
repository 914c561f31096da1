import { z } from 'zod';
import { apiId, idParams } from '../values/ids.js';
import { pageOf, pageQuery, timeRange, timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { listedTenant } from '../values/tenant-reference.js';

const rejectedEvent = z
  .strictObject({
    id: apiId('rejectedEvent'),
    tenantId: apiId('tenant').nullable().meta({
      description: 'Null if the event named no existing tenant, or was too large to be read.',
    }),
    source: z.string().meta({
      description:
        'Where the event came from: the Redis queue `events`, the Redis stream `intake` (`stream`), or an `outbox`.',
      example: 'queue',
    }),
    code: z.string().meta({ description: 'Why the event was rejected.', example: 'invalid_input' }),
    message: z.string(),
    payload: z.string().meta({
      description:
        'The rejected event as JSON text, up to 64 KiB of it. Without the scope `payloads:read`, values that the event type redacts are ' +
        'hidden, and all of it if it cannot be read.',
    }),
    createdAt: timestamp,
  })
  .meta({ id: 'RejectedEvent' });

export const rejectedEventRoutes = {
  listRejectedEvents: {
    isHeldInQuarantine: true,
    portalFeatures: ['events'],
    tag: 'Events',
    scope: 'events:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/rejected-events',
    summary: 'List rejected events',
    description:
      'Returns events that were pushed to Redis, or stored in an outbox, and rejected, newest first. Without `tenantId`, a key for all tenants lists the ' +
      'rejected events of the tenant `default` and those without a tenant.',
    query: z.strictObject({ ...pageQuery, ...timeRange, tenantId: listedTenant.optional() }),
    responses: {
      200: { description: 'A page of rejected events.', body: pageOf(rejectedEvent, 'RejectedEventPage') },
    },
    errors: ['not_found'],
  },
  getRejectedEvent: {
    isHeldInQuarantine: true,
    portalFeatures: ['events'],
    tag: 'Events',
    scope: 'events:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/rejected-events/:id',
    summary: 'Get a rejected event',
    description:
      'Returns an event that was pushed to Redis and rejected. Those without a tenant need a key for all tenants.',
    params: idParams('rejectedEvent'),
    responses: { 200: { description: 'The rejected event.', body: rejectedEvent } },
  },
} as const satisfies Record<string, RouteDefinition>;
