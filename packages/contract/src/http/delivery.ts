import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { apiId, idOf } from './ids.js';
import { pageQuery, timeRange, timestamp } from './lists.js';
import { recordedType } from './recorded-type.js';

export const deliveryStatus = z.enum(['pending', 'succeeded', 'failed', 'dropped']);

export const delivery = z
  .strictObject({
    id: apiId('delivery'),
    eventId: apiId('event'),
    eventType: z.string().nullable().meta({ description: 'Null once the event has aged out.' }),
    webhookId: apiId('webhook'),
    tenantId: apiId('tenant'),
    status: deliveryStatus,
    reason: z.string().nullable().meta({
      description: 'Why it was dropped (`suspended`, `deleted`, `replay_cancelled`) or given up.',
      example: 'suspended',
    }),
    attemptCount: z.int(),
    held: z.boolean().meta({
      description:
        'While pending: it is due and waits for its webhook to have room (`maxInFlight` and its adaptive window, ' +
        '`rateLimit`, a pause that the receiver asked for).',
    }),
    nextAttemptAt: timestamp.nullable().meta({
      description: 'When the next attempt is due, at once if that is past; null when it is held or settled.',
    }),
    createdAt: timestamp,
    settledAt: timestamp.nullable(),
  })
  .meta({ id: 'Delivery' });

export type DeliveryAnswer = z.input<typeof delivery>;

export const listDeliveriesQuery = z.strictObject({
  ...pageQuery,
  ...timeRange,
  webhookId: idOf('webhook').optional(),
  status: deliveryStatus.optional(),
  eventType: recordedType.optional(),
  tenantId: tenantReference.optional(),
});
