import {
  EVENT_TYPE,
  JSON_POINTER,
  MAX_EVENT_TYPE_LENGTH,
  MAX_ORDERING_KEY_LENGTH,
  MAX_ORDERING_POINTER_LENGTH,
  MAX_REDACTION_LENGTH,
  MAX_REDACTIONS,
  MAX_SEARCH_KEY_LENGTH,
  MAX_SEARCH_KEYS,
  MAX_SEARCH_VALUE_BYTES,
  MAX_SEARCH_VALUES,
  REDACTED_VALUE,
} from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { publishedType } from '../values/messages.js';
import { storedJson } from '../values/json-value.js';
import { namePageQuery, pageOf, timestamp } from '../values/lists.js';
import { retention, retentionChanges } from '../values/retention.js';
import type { RouteDefinition } from '../routes/route.js';
import { text } from '../values/text.js';

const jsonPointer = (maxLength: number) =>
  text(maxLength)
    .regex(JSON_POINTER, rule('not_json_pointer', { example: '/order/id' }))
    .meta({ pattern: String.raw`^(?:/(?:[^~/\u0000]|~[01])*)+$` });

const jsonPointers = ({ maxLength, max }: { maxLength: number; max: number }) =>
  z
    .array(jsonPointer(maxLength))
    .max(max)
    .refine((pointers) => new Set(pointers).size === pointers.length, rule('duplicates'))
    .meta({ uniqueItems: true })
    .nullish();

const searchKeys = jsonPointers({ maxLength: MAX_SEARCH_KEY_LENGTH, max: MAX_SEARCH_KEYS }).meta({
  description:
    'JSON Pointers (RFC 6901) into `data`. Events of this type can be found by the values at these places: strings, numbers as ' +
    `they are written, booleans, and the elements of an array; values of at most ${MAX_SEARCH_VALUE_BYTES} bytes, and at most ` +
    `${MAX_SEARCH_VALUES} of an event. Events that were accepted before a key was declared are not found by it.`,
  example: ['/order/id'],
});

const redact = jsonPointers({ maxLength: MAX_REDACTION_LENGTH, max: MAX_REDACTIONS }).meta({
  description:
    'JSON Pointers (RFC 6901) into `data`. Without the scope `payloads:read`, the values at these places are shown as ' +
    `\`${REDACTED_VALUE}\`, and events are not found by them. A name applies to each element of an array: \`/items/price\`. What is sent ` +
    'does not change. Earlier events follow the current setting, too. The place of the ordering key cannot be among them. Removing one ' +
    'requires `payloads:read`.',
  example: ['/card/number'],
});

const orderingPointer = jsonPointer(MAX_ORDERING_POINTER_LENGTH)
  .nullish()
  .meta({
    description:
      'A JSON Pointer (RFC 6901) into `data`. The value at this place is the `orderingKey` of events that are published without one: a ' +
      `string, a number as it is written, or a boolean, of at most ${MAX_ORDERING_KEY_LENGTH} characters. An event with another value ` +
      'there, or none, has no key.',
    example: '/order/id',
  });

const settings = {
  description: text(500).nullish(),
  group: text(100).min(1).nullish().meta({ description: 'A heading to list the event type under.' }),
  schema: storedJson(64 * 1024)
    .nullish()
    .meta({
      description:
        'A JSON Schema. Events whose `data` does not match it are rejected. `$schema` names its draft: 2020-12 (the default), ' +
        '2019-09, draft-07, draft-06 or draft-04. The schema must contain everything that it refers to. Patterns must not use ' +
        'lookaround or backreferences.',
    }),
  example: storedJson(64 * 1024)
    .nullish()
    .meta({
      description: 'Example `data`, used by test events and documentation. It must match the schema.',
    }),
  searchKeys,
  orderingPointer,
  redact,
  retention: retentionChanges.optional(),
};

const eventType = z
  .strictObject({
    name: z.string().meta({ example: 'invoice.paid' }),
    description: z.string().nullable(),
    group: z.string().nullable(),
    schema: z.record(z.string(), z.unknown()).nullable(),
    example: z.record(z.string(), z.unknown()).nullable(),
    searchKeys: z.array(z.string()),
    orderingPointer: z.string().nullable(),
    redact: z.array(z.string()),
    retention,
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
    body: z.strictObject({ name: publishedType, ...settings }).meta({ id: 'CreateEventType' }),
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
    body: z.strictObject(settings).meta({ id: 'UpdateEventType' }),
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
