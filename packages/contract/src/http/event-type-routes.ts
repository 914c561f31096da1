import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { publishedType } from '../messages.js';
import { storedJson } from './json-value.js';
import { namePageQuery, pageOf, timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';
import { text } from './text.js';

const settings = {
  description: text(500).nullish(),
  group: text(100).min(1).nullish(),
  schema: storedJson(64 * 1024)
    .nullish()
    .meta({
      type: ['object', 'null'],
      description: 'A JSON Schema (draft 2020-12). Events that break it are rejected.',
    }),
  example: storedJson(64 * 1024)
    .nullish()
    .meta({
      type: ['object', 'null'],
      description: 'Example data, for test sends and documentation. It must fit the schema.',
    }),
};

const eventType = z
  .strictObject({
    name: z.string().meta({ example: 'invoice.paid' }),
    description: z.string().nullable(),
    group: z.string().nullable(),
    schema: z.record(z.string(), z.unknown()).nullable(),
    example: z.record(z.string(), z.unknown()).nullable(),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'EventType' });

export type EventTypeAnswer = z.input<typeof eventType>;

const params = z.strictObject({
  name: z.string().max(MAX_EVENT_TYPE_LENGTH).regex(EVENT_TYPE).meta({ example: 'invoice.paid' }),
});
const read = { tag: 'Event types', scope: ['events:read', 'webhooks:read'], tenancy: 'shared' } as const;
const write = { tag: 'Event types', scope: 'events:write', tenancy: 'all' } as const;

/** The catalogue is one for all tenants, so that only keys for all tenants may change it. */
export const eventTypeRoutes = {
  createEventType: {
    ...write,
    method: 'post',
    path: '/v1/event-types',
    summary: 'Add an event type to the catalogue',
    body: z.strictObject({ name: publishedType, ...settings }).meta({ id: 'CreateEventType' }),
    answers: { 201: { description: 'The event type.', body: eventType } },
    errors: ['conflict'],
  },
  listEventTypes: {
    ...read,
    method: 'get',
    path: '/v1/event-types',
    summary: 'List the catalogue of event types',
    query: z.strictObject(namePageQuery),
    answers: { 200: { description: 'One page, by name.', body: pageOf(eventType) } },
  },
  getEventType: {
    ...read,
    method: 'get',
    path: '/v1/event-types/:name',
    summary: 'Get an event type',
    params,
    answers: { 200: { description: 'The event type.', body: eventType } },
  },
  updateEventType: {
    ...write,
    method: 'patch',
    path: '/v1/event-types/:name',
    summary: 'Change an event type',
    description: 'What is absent stays; null takes it away.',
    params,
    body: z.strictObject(settings).meta({ id: 'UpdateEventType' }),
    answers: { 200: { description: 'The event type.', body: eventType } },
  },
  deleteEventType: {
    ...write,
    method: 'delete',
    path: '/v1/event-types/:name',
    summary: 'Take an event type out of the catalogue',
    description: 'Events of the type can still be published, with any data; subscriptions stay.',
    params,
    answers: { 204: { description: 'Deleted.', body: null } },
  },
} as const satisfies Record<string, RouteDefinition>;
