import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { publishedType } from '../values/messages.js';
import { namePageQuery, pageOf, timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { EVENT_TYPE_SETTINGS } from './event-type-settings.js';

const eventType = z
  .strictObject({
    name: z.string().meta({ example: 'invoice.paid' }),
    ...EVENT_TYPE_SETTINGS.shown,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'EventType' });

export type EventTypeResponse = z.input<typeof eventType>;

const params = z.strictObject({
  name: z.string().max(MAX_EVENT_TYPE_LENGTH).regex(EVENT_TYPE).meta({ example: 'invoice.paid' }),
});
const read = { tag: 'Event types', scope: ['events:read', 'webhooks:read'], tenancy: 'shared' } as const;
const write = { tag: 'Event types', scope: 'events:write', tenancy: 'all' } as const;

/** All tenants share the catalog, so only keys for all tenants may change it. */
export const eventTypeRoutes = {
  createEventType: {
    ...write,
    method: 'post',
    path: '/v1/event-types',
    summary: 'Create an event type',
    description:
      'Adds an event type to the catalog. Returns 409 `conflict` if it already exists, and 422 `invalid_input` if the schema ' +
      'is invalid or the example does not match it.',
    body: z
      .strictObject({ name: publishedType, ...EVENT_TYPE_SETTINGS.inputs })
      .meta({ id: 'CreateEventType' }),
    responses: {
      201: { description: 'The event type.', location: '/v1/event-types/{name}', body: eventType },
    },
    errors: ['conflict'],
  },
  listEventTypes: {
    ...read,
    portalFeatures: ['catalog'],
    method: 'get',
    path: '/v1/event-types',
    summary: 'List event types',
    description: 'Returns the catalog of event types, sorted by name.',
    query: z.strictObject(namePageQuery),
    responses: { 200: { description: 'A page of event types.', body: pageOf(eventType, 'EventTypePage') } },
  },
  getEventType: {
    ...read,
    portalFeatures: ['catalog'],
    method: 'get',
    path: '/v1/event-types/:name',
    summary: 'Get an event type',
    description: 'Returns one event type.',
    params,
    responses: { 200: { description: 'The event type.', body: eventType } },
  },
  updateEventType: {
    ...write,
    method: 'patch',
    path: '/v1/event-types/:name',
    summary: 'Update an event type',
    description: 'Updates the given fields. Absent fields keep their values; null removes a value.',
    params,
    body: z.strictObject(EVENT_TYPE_SETTINGS.inputs).meta({ id: 'UpdateEventType' }),
    responses: { 200: { description: 'The event type.', body: eventType } },
  },
  deleteEventType: {
    ...write,
    method: 'delete',
    path: '/v1/event-types/:name',
    summary: 'Delete an event type',
    description:
      'Removes an event type from the catalog. Events of this type can still be published, then with any data. Subscriptions ' +
      'do not change.',
    params,
    responses: { 204: { description: 'The event type is deleted.', body: null } },
  },
} as const satisfies Record<string, RouteDefinition>;
