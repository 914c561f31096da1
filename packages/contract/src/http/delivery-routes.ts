import { MAX_ATTEMPTS } from '@posthorn/core';
import { z } from 'zod';
import { attempt } from './attempt.js';
import { delivery, deliveryPage, listDeliveriesQuery } from './delivery.js';
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
    description:
      'Returns deliveries, newest first. With `eventType`, they are sorted by the time of their event. With `webhookId`, a ' +
      'key for all tenants can omit `tenantId`.',
    query: listDeliveriesQuery,
    responses: { 200: { description: 'A page of deliveries.', body: deliveryPage } },
    errors: ['not_found'],
  },
  getDelivery: {
    ...read,
    method: 'get',
    path: '/v1/deliveries/:id',
    summary: 'Get a delivery',
    description: 'Returns one delivery.',
    params,
    responses: { 200: { description: 'The delivery.', body: delivery } },
  },
  listAttempts: {
    ...read,
    method: 'get',
    path: '/v1/deliveries/:id/attempts',
    summary: 'List the attempts of a delivery',
    description: 'Returns the attempts of a delivery, newest first.',
    params,
    query: z.strictObject(pageQuery),
    responses: { 200: { description: 'A page of attempts.', body: pageOf(attempt, 'AttemptPage') } },
  },
  retryDelivery: {
    tag: 'Deliveries',
    scope: 'deliveries:write',
    tenancy: 'own',
    method: 'post',
    path: '/v1/deliveries/:id/retry',
    summary: 'Retry a delivery',
    description:
      'Makes a settled delivery pending again. Attempt numbers continue from the last attempt. Returns 409 `invalid_state` if ' +
      `the delivery is pending, its webhook is not active, its event has expired, or it has had ${MAX_ATTEMPTS} attempts.`,
    params,
    responses: { 202: { description: 'The delivery, now pending.', body: delivery } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
