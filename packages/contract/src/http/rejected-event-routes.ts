import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { apiId } from './ids.js';
import { pageOf, pageQuery, timeRange, timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';

const rejectedEvent = z
  .strictObject({
    id: apiId('rejectedEvent'),
    tenantId: apiId('tenant')
      .nullable()
      .meta({ description: 'Null when the push named no tenant that exists.' }),
    source: z.string().meta({ description: 'The queue `events` or the stream `intake`.', example: 'queue' }),
    code: z.string(),
    message: z.string(),
    payload: z.string().meta({ description: 'What was pushed, as JSON text.' }),
    createdAt: timestamp,
  })
  .meta({ id: 'RejectedEvent' });

export const rejectedEventRoutes = {
  listRejectedEvents: {
    tag: 'Events',
    scope: 'events:read',
    tenancy: 'own',
    method: 'get',
    path: '/v1/rejected-events',
    summary: 'List pushes that could not be taken',
    description:
      'What came by Redis and was wrong. A key for all tenants that names no `tenantId` sees those of the tenant ' +
      '`default` and those of no tenant.',
    query: z.strictObject({ ...pageQuery, ...timeRange, tenantId: tenantReference.optional() }),
    answers: { 200: { description: 'One page, newest first.', body: pageOf(rejectedEvent) } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;
