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
    description: 'Event types, `prefix.*` for everything below a prefix, or `*` for everything.',
    example: ['invoice.paid', 'customer.*'],
  });

const description = text(500);

const metadata = storedJson(4096)
  .nullish()
  .meta({
    type: ['object', 'null'],
    description: 'Anything of your own. Not sent.',
    example: { customer: '4711' },
  });

const retrySchedule = z
  .array(z.int().min(1).max(604_800))
  .max(20)
  .meta({
    description:
      'Seconds to wait after each failure, ±20 %; an empty list: no retries. Null or absent: the default.',
    example: [5, 300],
  });

const timeoutMs = z.int().min(1000).max(30_000).meta({ description: 'For the whole request.' });

const filter = storedJson(4096)
  .nullish()
  .meta({
    type: ['object', 'null'],
    description:
      'Only events whose `data` fits are sent: a JSON Schema (draft 2020-12) with the keywords type, const, enum, ' +
      'minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, properties, ' +
      'required, dependentRequired, additionalProperties, minProperties, maxProperties, items, prefixItems, contains, ' +
      'minContains, maxContains, minItems, maxItems, allOf, anyOf, oneOf, not, if, then, else, title, description and ' +
      '$comment. A pattern has a fixed length: nothing repeated, optional, grouped or alternative. What is not there ' +
      'fits `properties`: name it in `required`, too.',
    example: { properties: { amount: { minimum: 100 } }, required: ['amount'] },
  });

const rateLimit = z
  .strictObject({ limit: z.int().min(1).max(10_000), perSeconds: z.int().min(1).max(3600) })
  .meta({
    description: 'At most so many requests in so many seconds. Null: no limit.',
    example: { limit: 50, perSeconds: 1 },
  });

const maxInFlight = z.int().min(1).max(1000).meta({ description: 'Most requests at the same time.' });

const autoSuspendAfterDays = z
  .int()
  .min(0)
  .max(60)
  .meta({ description: 'Days of nothing but failures after which it is suspended; 0: never.' });

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
      'What is absent stays. Null puts a setting back to its default. Headers, metadata and filter are replaced as a whole.',
  });

/** The states that a webhook is shown in: a deleted one is not found any more. */
export const webhookStatus = z.enum(['pending_validation', 'active', 'suspended']);

export const webhook = z
  .strictObject({
    id: apiId('webhook'),
    tenantId: apiId('tenant'),
    url: z.string(),
    pendingUrl: z.string().nullable().meta({ description: 'A new URL that waits for its validation.' }),
    eventTypes: z.array(z.string()),
    description: z.string().nullable(),
    headerNames: z.array(z.string()).meta({ description: 'The names of its custom headers.' }),
    metadata: z.record(z.string(), z.unknown()),
    retrySchedule: z.array(z.int()).meta({ example: DEFAULT_RETRY_SCHEDULE }),
    timeoutMs: z.int(),
    filter: z.record(z.string(), z.unknown()).nullable(),
    rateLimit: rateLimit.nullable(),
    maxInFlight: z.int(),
    autoSuspendAfterDays: z.int(),
    status: webhookStatus,
    suspendReason: z.string().nullable(),
    suspendedAt: timestamp.nullable(),
    activeSince: timestamp
      .nullable()
      .meta({ description: 'Events published before this moment are not for it.' }),
    validatedAt: timestamp.nullable(),
    slow: z.boolean().meta({
      description:
        'It answers late or not at all: its deliveries run apart, so as not to delay those of others.',
    }),
    failingSince: timestamp.nullable().meta({ description: 'The first failure since its last success.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Webhook' });

export type WebhookAnswer = z.input<typeof webhook>;

const secret = z.string().meta({
  description: 'Signs the requests. Shown here only.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
});

export const createdWebhook = webhook.extend({ secret }).meta({ id: 'CreatedWebhook' });

export const suspendedWebhook = webhook
  .extend({ droppedDeliveries: z.int().meta({ description: 'Pending deliveries that were dropped.' }) })
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
      description: 'Webhooks that would get events of this type; for a pattern: that subscribe to just it.',
    }),
  url: text(2048).optional().meta({ description: 'The present or the pending URL, in full.' }),
  search: searchText.meta({ description: 'A part of either URL or of the description.' }),
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
    .meta({ description: 'How long the old secret still signs, too.' }),
});

export const rotatedSecret = z.strictObject({ secret }).meta({ id: 'RotatedSecret' });
