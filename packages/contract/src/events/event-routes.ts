import { MAX_STRUCTURAL_CHARACTERS } from '../values/json-structure.js';
import { deliveryPage } from '../deliveries/delivery.js';
import {
  acceptedEvent,
  batchResponse,
  batchBody,
  documentedBatchBody,
  event,
  eventPage,
  explainQuery,
  explanation,
  listEventsQuery,
  MAX_BATCH_BYTES,
  publishBody,
  subListQuery,
} from './event.js';
import { idParams } from '../values/ids.js';
import { pageOf } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';

const params = idParams('event');
const read = { tag: 'Events', scope: 'events:read', tenancy: 'own' } as const;
const write = { tag: 'Events', scope: 'events:write', tenancy: 'own' } as const;

const BACKPRESSURE =
  'Returns 503 `unavailable` with `Retry-After` if the events would wait too long to be stored, or if too many bytes are waiting, in ' +
  'total or of one tenant; then none of them is stored. Also returns 503 if PostgreSQL does not respond in time; then they may still ' +
  'have been stored. Retry with the same idempotency key to avoid duplicates.';

const RATE =
  'If the tenant publishes more than its `eventsPerSecond`, returns 429 `quota_exceeded` with `Retry-After`, and stores nothing. A call ' +
  'is accepted or rejected as a whole. A batch may exceed the rate; later calls are then rejected until the average is within it again.';

export const eventRoutes = {
  publishEvent: {
    ...write,
    method: 'post',
    path: '/v1/events',
    summary: 'Publish an event',
    description:
      'Publishes an event to every active webhook that is subscribed to its type. Responds once the event is durable in ' +
      `PostgreSQL. \`type\` need not be in the catalog of event types. ${RATE} ${BACKPRESSURE}`,
    body: publishBody,
    passesText: true,
    idempotency: 'event',
    responses: {
      202: { description: 'The event is accepted.', body: acceptedEvent },
      200: {
        description:
          'A duplicate: an event with this idempotency key, type and data already exists and is returned.',
        headers: ['Idempotency-Replayed'],
        body: acceptedEvent,
      },
    },
    errors: ['tenant_suspended', 'schema_violation', 'not_found', 'quota_exceeded', 'idempotency_key_reused'],
  },
  publishBatch: {
    ...write,
    method: 'post',
    path: '/v1/events/batch',
    summary: 'Publish up to 1000 events',
    description:
      'Publishes up to 1000 events. Each event is accepted or rejected individually; size limits per event are those of ' +
      `\`POST /v1/events\`. The body may have ${MAX_BATCH_BYTES / 1024 / 1024} MiB and ${MAX_STRUCTURAL_CHARACTERS} of the ` +
      `characters \`{ [ , :\`; split a larger batch. ${RATE} ${BACKPRESSURE}`,
    body: batchBody,
    documentedBody: documentedBatchBody,
    passesText: true,
    maxBodyBytes: MAX_BATCH_BYTES,
    responses: { 202: { description: 'The accepted and the rejected events.', body: batchResponse } },
    errors: ['tenant_suspended', 'quota_exceeded'],
  },
  listEvents: {
    ...read,
    isHeldInQuarantine: true,
    portalFeatures: ['events'],
    method: 'get',
    path: '/v1/events',
    summary: 'List events',
    description: 'Returns events, newest first, without their `data`.',
    query: listEventsQuery,
    responses: { 200: { description: 'A page of events.', body: eventPage } },
    errors: ['not_found'],
  },
  getEvent: {
    ...read,
    isHeldInQuarantine: true,
    portalFeatures: ['events'],
    method: 'get',
    path: '/v1/events/:id',
    summary: 'Get an event',
    description:
      'Returns one event with its `data`, exactly as it was published. Without the scope `payloads:read`, values that the event type redacts are hidden.',
    params,
    responses: { 200: { description: 'The event.', body: event } },
  },
  listEventDeliveries: {
    ...read,
    isHeldInQuarantine: true,
    scope: 'deliveries:read',
    portalFeatures: ['events'],
    method: 'get',
    path: '/v1/events/:id/deliveries',
    summary: 'List the deliveries of an event',
    description:
      'Returns the deliveries of an event, newest first. They remain readable after the event has expired.',
    params,
    query: subListQuery,
    responses: { 200: { description: 'A page of deliveries.', body: deliveryPage } },
  },
  explainEvent: {
    ...read,
    isHeldInQuarantine: true,
    portalFeatures: ['events'],
    method: 'get',
    path: '/v1/events/:id/explain',
    summary: 'Explain the deliveries of an event',
    description:
      'Returns, for each webhook of the tenant, whether it matched the event and why. Includes all current webhooks, and deleted ' +
      'webhooks that matched.',
    params,
    query: explainQuery,
    responses: {
      200: {
        description: 'A page of explanations, newest webhook first.',
        body: pageOf(explanation, 'ExplanationPage'),
      },
    },
  },
} as const satisfies Record<string, RouteDefinition>;
