import { EVENT_TYPE_PATTERN, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { text } from '../values/text.js';

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
