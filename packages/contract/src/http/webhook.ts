import { DEFAULT_RETRY_SCHEDULE, EVENT_TYPE_PATTERN, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { apiId } from './ids.js';
import { storedJson } from './json-value.js';
import { pageQuery, timestamp } from './lists.js';
import { searchText, text } from './text.js';
import { customHeaders } from './webhook-headers.js';

export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_MAX_IN_FLIGHT = 100;
export const DEFAULT_AUTO_SUSPEND_AFTER_DAYS = 5;

const url = text(2048).min(1).meta({ format: 'uri', example: 'https://example.com/hooks' });

const pattern = z
  .string()
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE_PATTERN, 'must be an event type, prefix.* or *')
  .meta({ example: 'invoice.paid' });

const eventTypes = z
  .array(pattern)
  .min(1)
  .max(100)
  .transform((patterns) => [...new Set(patterns)])
  .meta({
    description:
      'Event types to subscribe to: exact types, `prefix.*` for all types below a prefix, or `*` for all types except `posthorn.*`.',
    example: ['invoice.paid', 'customer.*'],
  });

const description = text(500);

const metadata = storedJson(4096)
  .nullish()
  .meta({
    type: ['object', 'null'],
    description: 'Your own data, at most 4096 bytes as JSON. It is not sent to receivers.',
    example: { customer: '4711' },
  });

const retrySchedule = z
  .array(z.int().min(1).max(604_800))
  .max(20)
  .meta({
    description:
      'The delay after each failed attempt, in seconds, with ±20 % jitter. An empty list disables retries. Default: ' +
      `${DEFAULT_RETRY_SCHEDULE.join(', ')}.`,
    example: [5, 300],
  });

const timeoutMs = z
  .int()
  .min(1000)
  .max(30_000)
  .meta({ description: `Timeout of a request, in milliseconds. Default: ${DEFAULT_TIMEOUT_MS}.` });

const filter = storedJson(4096)
  .nullish()
  .meta({
    type: ['object', 'null'],
    description:
      'Sends only events whose `data` matches this JSON Schema (draft 2020-12). Supported keywords: type, const, enum, ' +
      'minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, properties, ' +
      'required, dependentRequired, additionalProperties, minProperties, maxProperties, items, prefixItems, contains, ' +
      'minContains, maxContains, minItems, maxItems, allOf, anyOf, oneOf, not, if, then, else, title, description and ' +
      '$comment. A `pattern` must match a fixed length: no quantifiers, groups or alternatives. `properties` also matches ' +
      'data without the property; list the property in `required` to exclude that.',
    example: { properties: { amount: { minimum: 100 } }, required: ['amount'] },
  });

const rateLimit = z
  .strictObject({ limit: z.int().min(1).max(10_000), perSeconds: z.int().min(1).max(3600) })
  .meta({
    description: 'At most `limit` requests per `perSeconds` seconds. Default: no limit.',
    example: { limit: 50, perSeconds: 1 },
  });

const maxInFlight = z
  .int()
  .min(1)
  .max(1000)
  .meta({
    description: `Maximum number of requests in flight at the same time. Default: ${DEFAULT_MAX_IN_FLIGHT}.`,
  });

const autoSuspendAfterDays = z
  .int()
  .min(0)
  .max(60)
  .meta({
    description: `Days without a success before the webhook is suspended. 0 means never. Default: ${DEFAULT_AUTO_SUSPEND_AFTER_DAYS}.`,
  });

const settings = {
  description: description.nullish(),
  headers: customHeaders.nullish(),
  metadata,
  retrySchedule: retrySchedule.nullish(),
  timeoutMs: timeoutMs.nullish(),
  filter,
  rateLimit: rateLimit.nullish(),
  maxInFlight: maxInFlight.nullish(),
  autoSuspendAfterDays: autoSuspendAfterDays.nullish(),
};

export const createWebhookBody = z
  .strictObject({ url, eventTypes, ...settings, tenantId: tenantReference.optional() })
  .meta({ id: 'CreateWebhook' });

export const updateWebhookBody = z
  .strictObject({ url: url.optional(), eventTypes: eventTypes.optional(), ...settings })
  .meta({
    id: 'UpdateWebhook',
    description:
      'Absent settings keep their values; null resets a setting to its default. Headers, metadata and filter are replaced as a whole.',
  });

/** The statuses of webhooks in responses. Deleted webhooks are not found. */
export const webhookStatus = z.enum(['pending_validation', 'active', 'suspended']);

export const webhook = z
  .strictObject({
    id: apiId('webhook'),
    tenantId: apiId('tenant'),
    url: z.string(),
    pendingUrl: z.string().nullable().meta({ description: 'A new URL that is not validated yet.' }),
    eventTypes: z.array(z.string()),
    description: z.string().nullable(),
    headerNames: z.array(z.string()).meta({ description: 'The names of the custom headers.' }),
    metadata: z.record(z.string(), z.unknown()),
    retrySchedule: z.array(z.int()).meta({ example: DEFAULT_RETRY_SCHEDULE }),
    timeoutMs: z.int(),
    filter: z.record(z.string(), z.unknown()).nullable(),
    rateLimit: rateLimit.nullable(),
    maxInFlight: z.int(),
    autoSuspendAfterDays: z.int(),
    status: webhookStatus,
    suspendReason: z
      .string()
      .nullable()
      .meta({ description: 'Why the webhook is suspended. Null if it is not.' }),
    suspendedAt: timestamp
      .nullable()
      .meta({ description: 'When the webhook was suspended. Null if it is not.' }),
    activeSince: timestamp
      .nullable()
      .meta({ description: 'The webhook receives only events published after this time.' }),
    validatedAt: timestamp.nullable(),
    slow: z.boolean().meta({
      description:
        'True if the receiver responds late or times out. Its deliveries use the slow lane and do not delay others.',
    }),
    failingSince: timestamp
      .nullable()
      .meta({ description: 'The first failure since the last success. Null if the last attempt succeeded.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Webhook' });

export type WebhookResponse = z.input<typeof webhook>;

const secret = z.string().meta({
  description: 'The signing secret. It is returned only in this response.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
});

export const createdWebhook = webhook.extend({ secret }).meta({ id: 'CreatedWebhook' });

export const suspendedWebhook = webhook
  .extend({
    droppedDeliveries: z.int().meta({ description: 'The number of pending deliveries that were dropped.' }),
  })
  .meta({ id: 'SuspendedWebhook' });

export const listWebhooksQuery = z.strictObject({
  ...pageQuery,
  status: webhookStatus.optional(),
  eventType: z
    .string()
    .max(MAX_EVENT_TYPE_LENGTH)
    .regex(EVENT_TYPE_PATTERN, 'must be an event type, prefix.* or *')
    .optional()
    .meta({
      description:
        'Returns only webhooks that receive events of this type. With a pattern, returns only webhooks subscribed to exactly this ' +
        'pattern.',
    }),
  url: text(2048).optional().meta({ description: 'The exact current or pending URL.' }),
  search: searchText.meta({
    description: 'Returns only webhooks whose URL, pending URL or description contains this text.',
  }),
  tenantId: tenantReference.optional(),
});

export const suspendBody = z.strictObject({ reason: text(500).min(1).default('manual') });

export const reactivateBody = z.strictObject({ reason: text(500).optional() });

export const rotateSecretBody = z.strictObject({
  overlapHours: z
    .int()
    .min(0)
    .max(168)
    .default(24)
    .meta({ description: 'How long the old secret remains valid, in hours. 0 ends it immediately.' }),
});

export const rotatedSecret = z.strictObject({ secret }).meta({ id: 'RotatedSecret' });
