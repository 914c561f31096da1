import {
  EVENT_TYPE,
  MAX_EVENT_TYPE_LENGTH,
  MAX_ORDERING_KEY_LENGTH,
  NO_CONTROL_CHARACTERS,
  RESERVED_EVENT_TYPE,
} from '@posthorn/core';
import { z } from 'zod';
import { jsonObject } from './json-value.js';
import { text } from './text.js';
import { moment } from './moment.js';
import { rule } from './rule.js';

/** Maximum size of one event, as the JSON body sent to receivers, in bytes. The data counts as its publisher wrote it. */
export const MAX_EVENT_BYTES = 256 * 1024;

/** The type of a published event. */
export const publishedType = z
  .string()
  .min(1)
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE, rule('not_event_type'))
  .refine((type) => !RESERVED_EVENT_TYPE.test(type), rule('reserved_event_type'));

/** The data of an event: a JSON object. */
export const eventData = jsonObject;

const MAX_METADATA = 16;
const METADATA_NAME = /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/;
const MAX_METADATA_VALUE_LENGTH = 256;
const METADATA_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

/** Texts that accompany an event. Their names become parts of the names of headers, so they differ in more than upper and lower case. */
export const eventMetadata = z
  .record(
    z.string(),
    z.string().min(1).max(MAX_METADATA_VALUE_LENGTH).regex(METADATA_VALUE, rule('not_trimmed')),
  )
  .superRefine((metadata, context) => {
    const message = rule('metadata_name');
    for (const name of Object.keys(metadata))
      if (!METADATA_NAME.test(name)) context.addIssue({ code: 'custom', path: [name], message });
  })
  .refine(
    (metadata) => Object.keys(metadata).length <= MAX_METADATA,
    rule('too_many_entries', { max: MAX_METADATA }),
  )
  .refine(
    (metadata) =>
      new Set(Object.keys(metadata).map((name) => name.toLowerCase())).size === Object.keys(metadata).length,
    rule('ambiguous_names'),
  )
  .meta({
    maxProperties: MAX_METADATA,
    propertyNames: { pattern: METADATA_NAME.source },
    description:
      'Texts that delivery formats can send as headers (`metadataPrefix`). They are not part of the body.',
    example: { source: 'billing' },
  });

/** Identifies duplicates: an event with the same key is published once. */
export const idempotencyKey = z.string().regex(/^[\x20-\x7e]{1,255}$/, rule('not_ascii_text', { max: 255 }));

/** Webhooks with an order by key get the events with the same key one after the other. */
export const orderingKey = text(MAX_ORDERING_KEY_LENGTH)
  .min(1)
  .regex(NO_CONTROL_CHARACTERS, rule('control_characters'))
  .meta({ pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f]*$`, example: 'order-4711' });

/** The tenant of a push: `ten_…` or `default`. Whether the tenant exists is checked later. */
const pushedTenant = z
  .string()
  .regex(/^(?:default|ten_[0-9a-z]{26})$/, rule('one_of', { choices: 'ten_…, default' }));

/** The optional fields of an event. Clients in other languages serialize absent fields as null. */
export const eventFields = {
  occurredAt: moment.nullish().meta({
    description:
      'When the event happened. Default: the time of the request. With an `idempotencyKey`, and a time of today or yesterday (UTC), it ' +
      'is also the time by which the event is listed and replayed and expires.',
  }),
  idempotencyKey: idempotencyKey.nullish().meta({
    description:
      'Identifies duplicates for at least 7 days, or until the event expires if that is sooner: a second event with the same ' +
      'key, type and data is not published, and one with another type or other data is rejected with `idempotency_key_reused`. White ' +
      'space between the tokens of the data does not count; the order of keys and the spelling of values do. The `Idempotency-Key` ' +
      'header has the same effect; both must not differ. With `occurredAt`, the event has the same id even if it is published again ' +
      'after the database has lost it.',
  }),
  tenantId: pushedTenant.nullish(),
  metadata: eventMetadata.nullish(),
  orderingKey: orderingKey.nullish().meta({
    description:
      'Webhooks with `ordering: "byKey"` get the events with the same key one after the other. Default: the value at the ' +
      '`orderingPointer` of the event type. Without either, the event has no order for them. Is not part of the body.',
  }),
};

/** The W3C Trace Context of an event. As the standard requires, invalid values are ignored. */
const traceContext = {
  traceparent: z.string().nullish(),
  tracestate: z.string().nullish(),
};

/** The data of a job in the Redis queue `events`. The name of the job is the event type. */
export const pushedEvent = z.strictObject({
  data: eventData,
  ...eventFields,
  ...traceContext,
});

/** The fields of an entry in the Redis stream `intake`. */
export const streamEntry = z.strictObject({
  type: publishedType,
  data: z.string(),
  key: idempotencyKey.optional(),
  tenant: pushedTenant.optional(),
  occurredAt: moment.optional(),
  /** JSON. */
  metadata: z.string().optional(),
  orderingKey: orderingKey.optional(),
  ...traceContext,
});
