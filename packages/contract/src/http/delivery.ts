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
    nextAttemptAt: timestamp.nullable(),
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
