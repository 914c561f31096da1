import { delivery } from './delivery.js';
import {
  acceptedEvent,
  batchAnswer,
  batchBody,
  documentedBatchBody,
  event,
  eventPage,
  explanation,
  listEventsQuery,
  MAX_BATCH_BYTES,
  publishBody,
  subListQuery,
} from './event.js';
import { idParams } from './ids.js';
import { pageOf } from './lists.js';
import type { RouteDefinition } from './route.js';

const params = idParams('event');
const read = { tag: 'Events', scope: 'events:read', tenancy: 'own' } as const;
const write = { tag: 'Events', scope: 'events:write', tenancy: 'own' } as const;

const BACKPRESSURE =
  'What cannot be stored within a few seconds, or finds too many events before it, is answered with 503 and Retry-After. ' +
  'It may have been stored all the same: repeated with the same idempotency key it is not published twice.';

export const eventRoutes = {
  publishEvent: {
    ...write,
    method: 'post',
    path: '/v1/events',
    summary: 'Publish an event',
    description: `Answered once it is durable. \`type\` need not be in the catalogue. ${BACKPRESSURE}`,
    body: publishBody,
    idempotency: 'event',
    answers: {
      202: { description: 'Accepted.', body: acceptedEvent },
      200: {
        description: 'A repeat of an idempotency key: the event that is there already.',
        body: acceptedEvent,
      },
    },
    errors: ['schema_violation', 'not_found'],
  },
  publishBatch: {
    ...write,
    method: 'post',
    path: '/v1/events/batch',
    summary: 'Publish up to 1000 events',
    description: `Each event is taken or rejected for itself, and may be as large as a single one. ${BACKPRESSURE}`,
    body: batchBody,
    documentedBody: documentedBatchBody,
    maxBodyBytes: MAX_BATCH_BYTES,
    answers: { 202: { description: 'What became of each event.', body: batchAnswer } },
  },
  listEvents: {
    ...read,
    method: 'get',
    path: '/v1/events',
    summary: 'List events',
    query: listEventsQuery,
    answers: { 200: { description: 'One page, newest first, without their data.', body: eventPage } },
    errors: ['not_found'],
  },
  getEvent: {
    ...read,
    method: 'get',
    path: '/v1/events/:id',
    summary: 'Get an event',
    params,
    answers: { 200: { description: 'The event.', body: event } },
  },
  listEventDeliveries: {
    ...read,
    scope: 'deliveries:read',
    method: 'get',
    path: '/v1/events/:id/deliveries',
    summary: 'List the deliveries of an event',
    description: 'They stay readable when the event itself has aged out.',
    params,
    query: subListQuery,
    answers: { 200: { description: 'One page, newest first.', body: pageOf(delivery) } },
  },
  explainEvent: {
    ...read,
    method: 'get',
    path: '/v1/events/:id/explain',
    summary: 'Say for each webhook why it got an event or did not',
    description: 'Of the webhooks that there are now, and of deleted ones that the event was for.',
    params,
    query: subListQuery,
    answers: { 200: { description: 'One page, newest webhook first.', body: pageOf(explanation) } },
  },
} as const satisfies Record<string, RouteDefinition>;
