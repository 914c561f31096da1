import { MAX_ATTEMPTS } from '@posthorn/core';
import { z } from 'zod';
import { problemReason } from '../routes/problem.js';
import { rule } from '../values/rule.js';
import { attempt } from './attempt.js';
import { delivery, deliveryPage, listDeliveriesQuery } from './delivery.js';
import { apiId, idOf, idParams } from '../values/ids.js';
import { pageOf, pageQuery } from '../values/lists.js';
import { shownRequest } from './shown-request.js';
import type { RouteDefinition } from '../routes/route.js';

const params = idParams('delivery');
const read = { tag: 'Deliveries', scope: 'deliveries:read', tenancy: 'own' } as const;

const retryResults = z
  .strictObject({
    results: z.array(
      z
        .strictObject({
          id: apiId('delivery'),
          result: z.enum(['retried', 'due', 'rejected']).meta({
            id: 'RetryOutcome',
            description: '`due`: it was due already, and did not change.',
          }),
          code: z.string().nullable().meta({
            description: 'The code of the error if it was rejected.',
            example: 'not_found',
          }),
          message: z.string().nullable().meta({ description: 'Why it was rejected.' }),
          reason: problemReason.nullable(),
        })
        .meta({ id: 'RetryResult' }),
    ),
  })
  .meta({ id: 'RetryResults' });

const attemptNumber = z
  .string()
  .refine((text) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_ATTEMPTS, {
    message: rule('out_of_range', { min: 1, max: MAX_ATTEMPTS }),
  })
  .transform(Number)
  .meta({
    type: 'integer',
    minimum: 1,
    maximum: MAX_ATTEMPTS,
    description: 'The number of the attempt. Default: the last one.',
  });

const deliveryRequest = z
  .strictObject({
    attempt: z.int().nullable().meta({
      description: 'The number of the attempt. Null for the request of the first one, which comes.',
    }),
    ...shownRequest,
    body: z.string().nullable().meta({
      description:
        'Null without the scope `events:read`. Without `payloads:read`, values that the event type redacts are hidden, and then so are signatures.',
    }),
  })
  .meta({ id: 'DeliveryRequest' });

export type RetryResultsResponse = z.input<typeof retryResults>;

export const deliveryRoutes = {
  listDeliveries: {
    ...read,
    isHeldInQuarantine: true,
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
  // Before `/v1/deliveries/:id`, which its path matches.
  retryDeliveries: {
    tag: 'Deliveries',
    scope: 'deliveries:write',
    tenancy: 'own',
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/deliveries/retry',
    summary: 'Retry selected deliveries',
    description:
      'Sends up to 100 deliveries now, as `POST /v1/deliveries/{id}/retry` does for one. Returns a result for each. To send all ' +
      'deliveries of a webhook, create a recovery.',
    body: z.strictObject({ ids: z.array(idOf('delivery')).min(1).max(100) }).meta({ id: 'RetryDeliveries' }),
    responses: { 202: { description: 'The results, in the order of `ids`.', body: retryResults } },
  },
  getDelivery: {
    ...read,
    isHeldInQuarantine: true,
    method: 'get',
    path: '/v1/deliveries/:id',
    summary: 'Get a delivery',
    description: 'Returns one delivery.',
    params,
    responses: { 200: { description: 'The delivery.', body: delivery } },
  },
  listAttempts: {
    ...read,
    isHeldInQuarantine: true,
    method: 'get',
    path: '/v1/deliveries/:id/attempts',
    summary: 'List the attempts of a delivery',
    description: 'Returns the attempts of a delivery, newest first.',
    params,
    query: z.strictObject(pageQuery),
    responses: { 200: { description: 'A page of attempts.', body: pageOf(attempt, 'AttemptPage') } },
  },
  getDeliveryRequest: {
    isHeldInQuarantine: true,
    tag: 'Deliveries',
    scope: 'webhooks:read',
    tenancy: 'own',
    portalFeatures: ['events'],
    method: 'get',
    path: '/v1/deliveries/:id/request',
    summary: 'Get the request of a delivery',
    description:
      'Returns the request of an attempt, or of the first one if there was none. Requests are not stored: it is composed again, ' +
      'for the time of the attempt, with the present URL, headers, secrets and delivery format of the webhook; a delivery that ' +
      'waits for a retry keeps its delivery format. Returns 409 `invalid_state` if the webhook is deleted or the event has expired.',
    params,
    query: z.strictObject({
      attempt: attemptNumber.optional(),
    }),
    responses: { 200: { description: 'The request.', body: deliveryRequest } },
    errors: ['invalid_state'],
  },
  retryDelivery: {
    tag: 'Deliveries',
    scope: 'deliveries:write',
    tenancy: 'own',
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/deliveries/:id/retry',
    summary: 'Retry a delivery',
    description:
      'Sends a delivery now: a settled one becomes pending again, and one that waits for a retry is brought forward. The attempt ' +
      'does not use up the retry schedule, and attempt numbers continue. The limits of the webhook still hold. A delivery that ' +
      'is due already does not change. ' +
      'Returns 409 `invalid_state` if ' +
      `its webhook is not active, it has had ${MAX_ATTEMPTS} attempts, or it waits for another delivery, which \`waitsFor\` names. ` +
      'Returns 409 `payload_expired` if the event or its payload has expired.',
    params,
    responses: { 202: { description: 'The delivery, now pending and due.', body: delivery } },
    errors: ['tenant_deleted', 'tenant_suspended', 'invalid_state', 'payload_expired'],
  },
  skipDelivery: {
    tag: 'Deliveries',
    scope: 'deliveries:write',
    tenancy: 'own',
    portalFeatures: ['retry'],
    method: 'post',
    path: '/v1/deliveries/:id/skip',
    summary: 'Skip a delivery',
    description:
      'Ends a pending delivery of a webhook with an order: it is dropped with the reason `skipped`, and the next one of its ordering key ' +
      'is sent. A replayed delivery that had succeeded before becomes succeeded again. A request in flight is not aborted, and may ' +
      'arrive after the next one. Returns 409 `invalid_state` if the ' +
      'delivery is not pending or not in order, or if its webhook is not active.',
    params,
    responses: { 200: { description: 'The delivery, now settled.', body: delivery } },
    errors: ['tenant_deleted', 'tenant_suspended', 'invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
