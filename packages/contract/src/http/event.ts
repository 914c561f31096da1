import { z } from 'zod';
import { idempotencyKey, publishedType, tenantReference } from '../messages.js';
import { moment } from '../moment.js';
import { apiId } from './ids.js';
import { jsonObject } from './json-value.js';
import { pageOf, pageQuery, timeRange, timestamp } from './lists.js';
import { fieldError } from './problem.js';
import { recordedType } from './recorded-type.js';

/** Most events of one batch. */
export const MAX_BATCH_EVENTS = 1000;

/** Most bytes of the body of a batch. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;

export const publishBody = z
  .strictObject({
    type: publishedType.meta({ example: 'invoice.paid' }),
    data: jsonObject.meta({ example: { invoice: 'in_4711', amount: 4200 } }),
    occurredAt: moment
      .optional()
      .meta({ description: 'When it happened; the moment of publishing if absent.' }),
    idempotencyKey: idempotencyKey.optional().meta({
      description: 'A repeat of the key is not published again. The header Idempotency-Key does the same.',
    }),
    tenantId: tenantReference.optional(),
  })
  .meta({ id: 'PublishEvent' });

export type PublishBody = z.output<typeof publishBody>;

/** Events are judged one by one: a wrong one does not stop the others. */
export const batchBody = z.strictObject({ events: z.array(z.unknown()).min(1).max(MAX_BATCH_EVENTS) });

export const documentedBatchBody = z
  .strictObject({ events: z.array(publishBody).min(1).max(MAX_BATCH_EVENTS) })
  .meta({ id: 'PublishBatch' });

export const acceptedEvent = z
  .strictObject({
    id: apiId('event'),
    deliveries: z.int().meta({ description: 'How many webhooks it goes to.' }),
  })
  .meta({ id: 'AcceptedEvent' });

export const batchAnswer = z
  .strictObject({
    accepted: z.array(acceptedEvent).meta({ description: 'In the order of the request.' }),
    rejected: z.array(
      z.strictObject({
        index: z.int().meta({ description: 'Its place in the request, from 0.' }),
        code: z.enum(['invalid_input', 'schema_violation', 'not_found', 'payload_too_large']),
        message: z.string(),
        errors: z.array(fieldError).optional(),
      }),
    ),
  })
  .meta({ id: 'BatchAnswer' });

export type BatchAnswer = z.input<typeof batchAnswer>;

const listedEvent = z
  .strictObject({
    id: apiId('event'),
    type: z.string(),
    tenantId: apiId('tenant'),
    timestamp: timestamp.meta({ description: 'As it stands in the body: when it happened.' }),
    publishedAt: timestamp,
  })
  .meta({ id: 'ListedEvent' });

export const event = listedEvent.extend({ data: z.record(z.string(), z.unknown()) }).meta({ id: 'Event' });

export const eventPage = pageOf(listedEvent);

export const listEventsQuery = z.strictObject({
  ...pageQuery,
  ...timeRange,
  type: recordedType.optional(),
  tenantId: tenantReference.optional(),
});

/** Why an event went to a webhook or did not. */
export const explainReason = z.enum([
  'delivered',
  'retrying',
  'pending',
  'failed',
  'suspended',
  'deleted',
  'replay_cancelled',
  'not_subscribed',
  'subscribed_later',
  'filtered_out',
  'pending_validation',
  'created_later',
  'not_recorded',
]);

export type ExplainReason = z.infer<typeof explainReason>;

export const explanation = z
  .strictObject({
    webhookId: apiId('webhook'),
    url: z.string().optional().meta({ description: 'Only for a key that may read webhooks.' }),
    status: z.enum(['pending_validation', 'active', 'suspended', 'deleted']),
    matched: z.boolean().meta({ description: 'Whether a delivery was made for it.' }),
    reason: explainReason,
    detail: z.string().optional().meta({
      description: 'More about the reason, from the filter: only for a key that may read webhooks.',
      example: 'data.amount must be >= 100',
    }),
    deliveryId: apiId('delivery').optional(),
  })
  .meta({ id: 'Explanation' });

export const subListQuery = z.strictObject(pageQuery);
