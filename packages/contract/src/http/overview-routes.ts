import { LANES } from '@posthorn/core';
import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';

const count = z.int();

const overview = z
  .strictObject({
    time: timestamp.meta({ description: 'When this was so.' }),
    workers: z
      .strictObject({
        processes: count.nullable().meta({
          description: 'Those that take deliveries off the fast lane now. Null where Redis does not tell.',
        }),
      })
      .nullable()
      .meta({ description: 'Null for one tenant.' }),
    lanes: z
      .array(
        z.strictObject({
          lane: z.enum(LANES),
          oldestDueSeconds: z.number().nullable().meta({
            description: 'How long the oldest delivery that is due has waited; null: none waits.',
          }),
          waiting: count.meta({ description: 'Deliveries that wait for a worker.' }),
        }),
      )
      .nullable()
      .meta({ description: 'Null for one tenant.' }),
    webhooks: z
      .strictObject({ active: count, suspended: count, pendingValidation: count })
      .meta({ description: 'Of the tenant, or of all.' }),
  })
  .meta({ id: 'Overview' });

export type OverviewAnswer = z.input<typeof overview>;

const query = z.strictObject({ tenantId: tenantReference.optional() });

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
    summary: 'Tell how it stands',
    description:
      'The numbers that an operator looks at first, at most a second old. A key for all tenants that names no `tenantId` sees ' +
      'the whole system.',
    answers: { 200: { description: 'The numbers.', body: overview } },
  },
  followOverview: {
    ...overviews,
    path: '/v1/overview/live',
    summary: 'Tell how it stands, again and again',
    description:
      'Server-sent events: `overview` every 2 seconds, and comments while there is nothing to tell. The stream ends with its ' +
      'key or session, and when the process stops. A key has at most 20 streams of a process at a time.',
    answers: {
      200: {
        description: 'The stream. The schema is that of the data of its events.',
        body: overview,
        stream: true,
      },
    },
  },
} as const satisfies Record<string, RouteDefinition>;
