import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH, RESERVED_EVENT_TYPE } from '@posthorn/core';
import { z } from 'zod';
import { jsonObject } from './http/json-value.js';
import { moment } from './moment.js';

/** Most bytes of one event, as the JSON that is sent to webhooks. */
export const MAX_EVENT_BYTES = 256 * 1024;

/** The type of an event that somebody publishes. */
export const publishedType = z
  .string()
  .min(1)
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE, 'must be segments of letters, digits, _ and -, joined by dots: invoice.paid')
  .refine((type) => !RESERVED_EVENT_TYPE.test(type), 'is reserved for Posthorn itself');

/** The data of an event: a JSON object. */
export const eventData = jsonObject;

/** A key under which a repeated publish is taken once. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters');

/** `ten_…`, or `default`. Whether there is such a tenant is looked up later. */
export const tenantReference = z
  .string()
  .regex(/^(?:default|ten_[0-9a-z]{26})$/, 'must be a tenant id (ten_…) or "default"');

/** The W3C Trace Context that an event is part of, as OpenTelemetry writes it. What is none is ignored, as the standard says. */
const traceContext = {
  traceparent: z.string().nullish(),
  tracestate: z.string().nullish(),
};

/**
 * The data of a job in the Redis queue `events`; the job's name is the event's type. Clients in other languages write
 * null for what they leave out.
 */
export const pushedEvent = z.strictObject({
  data: eventData,
  occurredAt: moment.nullish(),
  idempotencyKey: idempotencyKey.nullish(),
  tenantId: tenantReference.nullish(),
  ...traceContext,
});

export type PushedEvent = z.infer<typeof pushedEvent>;

/** The fields of an entry in the Redis stream `intake`. */
export const streamEntry = z.strictObject({
  type: publishedType,
  data: z.string(),
  key: idempotencyKey.optional(),
  tenant: tenantReference.optional(),
  occurredAt: moment.optional(),
  ...traceContext,
});
