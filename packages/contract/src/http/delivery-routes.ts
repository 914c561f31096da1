import { z } from 'zod';
import { attempt } from './attempt.js';
import { delivery, listDeliveriesQuery } from './delivery.js';
import { idParams } from './ids.js';
import { pageOf, pageQuery } from './lists.js';
import type { RouteDefinition } from './route.js';

const params = idParams('delivery');
const read = { tag: 'Deliveries', scope: 'deliveries:read', tenancy: 'own' } as const;

export const deliveryRoutes = {
  listDeliveries: {
    ...read,
    method: 'get',
    path: '/v1/deliveries',
    summary: 'List deliveries',
    description: 'With `webhookId` a key for all tenants need not name the tenant.',
    query: listDeliveriesQuery,
    answers: { 200: { description: 'One page, newest first.', body: pageOf(delivery) } },
    errors: ['not_found'],
  },
  getDelivery: {
    ...read,
    method: 'get',
    path: '/v1/deliveries/:id',
    summary: 'Get a delivery',
    params,
    answers: { 200: { description: 'The delivery.', body: delivery } },
  },
  listAttempts: {
    ...read,
    method: 'get',
    path: '/v1/deliveries/:id/attempts',
    summary: 'List the attempts of a delivery',
    params,
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'One page, newest first.', body: pageOf(attempt) } },
  },
  retryDelivery: {
    tag: 'Deliveries',
    scope: 'deliveries:write',
    tenancy: 'own',
    method: 'post',
    path: '/v1/deliveries/:id/retry',
    summary: 'Deliver again',
    description: 'Of a settled delivery, while its webhook is active. Attempts are counted on.',
    params,
    answers: { 202: { description: 'The delivery, pending again.', body: delivery } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
