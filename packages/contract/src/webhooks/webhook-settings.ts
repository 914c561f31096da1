import {
  DEFAULT_RETRY_SCHEDULE,
  EVENT_TYPE_PATTERN,
  MAX_EVENT_TYPE_LENGTH,
  MAX_TENANT_FILTER_COST,
} from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { deliveryFormat } from './delivery-format.js';
import { externalId } from '../values/external-id.js';
import { storedJson } from '../values/json-value.js';
import { tags } from '../values/resource-tags.js';
import { text } from '../values/text.js';
import { webhookAuth } from './webhook-auth.js';
import { customHeaders } from './webhook-headers.js';

export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_MAX_IN_FLIGHT = 100;
export const DEFAULT_AUTO_SUSPEND_AFTER_DAYS = 5;

/** In minutes: three days, longer than the default retry schedule. */
export const DEFAULT_MAX_BLOCKED_MINUTES = 4320;

export const webhookDelivery = z.enum(['push', 'pull']).meta({
  id: 'WebhookDelivery',
  description:
    '`push` sends requests to the URL. `pull` sends none: the receiver reads the events with the feed. Such a webhook has no URL and ' +
    'nothing to validate, and its deliveries are numbered. Custom headers, authentication, retries, timeout, limits, automatic suspension and ' +
    'ordering do not apply to it.',
});

const delivery = webhookDelivery.optional();

export const url = text(2048).min(1).meta({ format: 'uri', example: 'https://example.com/hooks' });

/** The URL of a new webhook, and how it gets its events. */
export const newDestination = {
  delivery: delivery.meta({ description: 'Default: `push`.' }),
  url: url.optional().meta({ description: 'Required, except with `pull`, which has none.' }),
};

/** A change of the URL, or of how a webhook gets its events. */
export const changedDestination = {
  delivery: delivery.meta({
    description:
      '`pull`, only while the webhook is not active, removes the URL and resets the settings that do not apply any more. `push`, with a ' +
      '`url`, must be validated like a new webhook; what is in the feed is not sent. Default: no change.',
  }),
  url: url.optional(),
};

export const subscriptionPattern = z
  .string()
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE_PATTERN, rule('not_event_type_pattern'))
  .meta({ example: 'invoice.paid' });

export const eventTypes = z
  .array(subscriptionPattern)
  .min(1)
  .max(100)
  .transform((patterns) => [...new Set(patterns)])
  .meta({
    description:
      'Event types to subscribe to: exact types, `prefix.*` for all types below a prefix, or `*` for all types except `posthorn.*`.',
    example: ['invoice.paid', 'customer.*'],
  });

const description = text(500);

export const metadata = storedJson(4096)
  .nullish()
  .meta({
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
    description:
      'Sends only events whose `data` matches this JSON Schema (draft 2020-12). Supported keywords: type, const, enum, ' +
      'minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, properties, ' +
      'required, dependentRequired, additionalProperties, minProperties, maxProperties, items, prefixItems, contains, ' +
      'minContains, maxContains, minItems, maxItems, allOf, anyOf, oneOf, not, if, then, else, title, description and ' +
      '$comment. A `pattern` must match a fixed length: no quantifiers, groups or alternatives. `properties` also matches ' +
      'data without the property; list the property in `required` to exclude that. A ' +
      'filter has a cost: conditions on each item of a list, patterns and lengths are expensive. A filter above 100 is rejected, ' +
      `and so is one with which the different filters of the tenant would cost more than ${MAX_TENANT_FILTER_COST} together.`,
    example: { properties: { amount: { minimum: 100 } }, required: ['amount'] },
  });

export const rateLimit = z
  .strictObject({ limit: z.int().min(1).max(10_000), perSeconds: z.int().min(1).max(3600) })
  .meta({
    id: 'RateLimit',
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

export const ordering = z.enum(['none', 'strict', 'byKey']).meta({
  id: 'WebhookOrdering',
  description:
    'The order of the events: `none`; `strict`, one after the other in the order in which they were accepted; or `byKey`, the same ' +
    'for the events with the same `orderingKey`. A change applies to events accepted afterwards. Default: `none`.',
});

export const onExhausted = z.enum(['skip', 'block']).meta({
  id: 'ExhaustedAction',
  description:
    'What happens when the retries of a delivery in order are exhausted: `skip`, it fails and the next one follows; or `block`, it ' +
    'is retried further, with the last delay of the schedule. Default: `skip`.',
});

const maxBlockedMinutes = z
  .int()
  .min(1)
  .max(43_200)
  .meta({
    description:
      'How long a delivery in order blocks those that follow it, from its first attempt, in minutes; then it is dropped with the ' +
      `reason \`skipped\`. Not above the retention of the installation, if that is longer than the default. Default: ${DEFAULT_MAX_BLOCKED_MINUTES}.`,
  });

const sequence = z.boolean().meta({
  description:
    'True numbers the deliveries of the webhook: 1, 2, 3, in the order in which the events were stored, without gaps. Requests have ' +
    'the number in the header `webhook-sequence`. A webhook with an `ordering` has numbers in any case, and so has one with `delivery` `pull`. ' +
    'Default: false.',
});

/** The optional settings of a webhook. Null means the default. */
export const settings = {
  externalId: externalId.nullish().meta({
    description:
      'Your own id of the webhook, unique within its tenant. `ext:` and this id can be used in place of the `wh_…`. Default: none.',
  }),
  description: description.nullish(),
  headers: customHeaders.nullish(),
  auth: webhookAuth.nullish(),
  deliveryFormat: deliveryFormat
    .nullish()
    .meta({ description: 'How requests look. Default: the format of the tenant.' }),
  tags: tags.nullish().meta({
    description:
      'Your own tags, by which lists can be filtered. They are not sent to receivers. Default: none.',
  }),
  metadata,
  retrySchedule: retrySchedule.nullish(),
  timeoutMs: timeoutMs.nullish(),
  filter,
  rateLimit: rateLimit.nullish(),
  maxInFlight: maxInFlight.nullish(),
  autoSuspendAfterDays: autoSuspendAfterDays.nullish(),
  ordering: ordering.nullish(),
  onExhausted: onExhausted.nullish(),
  maxBlockedMinutes: maxBlockedMinutes.nullish(),
  sequence: sequence.nullish(),
};
