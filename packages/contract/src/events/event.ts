import { z } from 'zod';
import { eventFields, publishedType } from '../values/messages.js';
import { eventOutcome } from './event-outcome.js';
import { apiId } from '../values/ids.js';
import { jsonObject } from '../values/json-value.js';
import { pageOf, pageQuery, timeRange, timestamp } from '../values/lists.js';
import { reportedError } from '../routes/problem.js';
import { recordedType } from '../values/recorded-type.js';
import { listedTenant, tenantReference } from '../values/tenant-reference.js';
import { queryBoolean } from '../values/text.js';

/** Maximum number of events in a batch. */
const MAX_BATCH_EVENTS = 1000;

/** Maximum size of the body of a batch, in bytes. */
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export const publishBody = z
  .strictObject({
    type: publishedType.meta({ example: 'invoice.paid' }),
    data: jsonObject.meta({
      description:
        'The payload of the event, at most 256 KiB with its envelope. It reaches receivers exactly as it is written here: numbers, ' +
        'spaces and the order of keys do not change.',
      example: { invoice: 'in_4711', amount: 4200 },
    }),
    ...eventFields,
    tenantId: tenantReference.nullish(),
  })
  .meta({ id: 'PublishEvent' });

export type PublishBody = z.output<typeof publishBody>;

/** Accepts invalid events. They are validated one by one, so an invalid event does not fail the batch. */
export const batchBody = z.strictObject({ events: z.array(z.unknown()).min(1).max(MAX_BATCH_EVENTS) });

export const documentedBatchBody = z
  .strictObject({ events: z.array(publishBody).min(1).max(MAX_BATCH_EVENTS) })
  .meta({ id: 'PublishBatch' });

export const acceptedEvent = z
  .strictObject({
    id: apiId('event'),
    deliveries: z.int().meta({ description: 'The number of webhooks that get the event.' }),
    duplicate: z.boolean().meta({
      description:
        'True if an event with the same idempotency key, type and data already exists, which is returned.',
    }),
  })
  .meta({ id: 'AcceptedEvent' });

export type AcceptedEventResponse = z.input<typeof acceptedEvent>;

const batchIndex = z.int().meta({ description: 'The index of the event in the request, from 0.' });

export const batchResponse = z
  .strictObject({
    accepted: z
      .array(acceptedEvent.extend({ index: batchIndex }).meta({ id: 'AcceptedBatchEvent' }))
      .meta({ description: 'The accepted events, in the order of the request.' }),
    rejected: z.array(
      z
        .strictObject({
          index: batchIndex,
          code: z
            .enum([
              'invalid_input',
              'schema_violation',
              'not_found',
              'tenant_suspended',
              'tenant_deleted',
              'payload_too_large',
              'quota_exceeded',
              'idempotency_key_reused',
            ])
            .meta({ id: 'RejectionCode' }),
          message: z.string(),
          errors: z.array(reportedError).optional(),
          errorsLeftOut: z
            .int()
            .optional()
            .meta({
              description:
                'How many errors of the event are not in `errors`, because those of a batch are bounded together: at most 1,000 errors of ' +
                '256 KiB. Absent if none.',
            }),
        })
        .meta({ id: 'RejectedBatchEvent' }),
    ),
  })
  .meta({ id: 'PublishBatchResult' });

export type BatchResponse = z.input<typeof batchResponse>;

const listedEvent = z
  .strictObject({
    id: apiId('event'),
    type: z.string(),
    tenantId: apiId('tenant'),
    occurredAt: timestamp.meta({ description: 'When the event happened. Sent to receivers as `timestamp`.' }),
    publishedAt: timestamp.meta({ description: 'When the event was published.' }),
    erased: z.boolean().meta({
      description: 'The data of the event was erased: `data` is null, and `occurredAt` is `publishedAt`.',
    }),
    ...eventOutcome,
  })
  .meta({ id: 'ListedEvent' });

export const event = listedEvent
  .extend({
    data: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'Null if the payload has expired before the event.' }),
    payloadUntil: timestamp.nullable().meta({
      description:
        'When the payload expires, if that is earlier than the event, by the `retention` of its tenant or its type when it was accepted. ' +
        'Null otherwise.',
    }),
    payloadUntilSettled: z.boolean().meta({
      description: 'True if the payload is kept only until all deliveries of the event are settled.',
    }),
    historyUntil: timestamp.nullable().meta({
      description:
        'When the deliveries of the event and their attempts expire, if that is earlier than the event, by the `retention` of its tenant or ' +
        'its type when it was accepted. Null otherwise.',
    }),
  })
  .meta({ id: 'Event' });

export const eventPage = pageOf(listedEvent, 'EventPage');

export const listEventsQuery = z.strictObject({
  ...pageQuery,
  ...timeRange,
  type: recordedType.optional(),
  tenantId: listedTenant.optional(),
});

/** Why an event was or was not sent to a webhook. */
export const explainReason = z
  .enum([
    'delivered',
    'retrying',
    'pending',
    'waits_in_order',
    'failed',
    'internal_error',
    'suspended',
    'tenant_suspended',
    'deleted',
    'replay_cancelled',
    'shadow',
    'skipped',
    'erased',
    'available',
    'not_subscribed',
    'subscribed_later',
    'filtered_out',
    'pending_validation',
    'created_later',
    'history_expired',
    'not_recorded',
  ])
  .meta({ id: 'ExplanationReason' });

export type ExplainReason = z.infer<typeof explainReason>;

export const explanation = z
  .strictObject({
    webhookId: apiId('webhook'),
    url: z.string().nullish().meta({
      description:
        'The URL of the webhook, null if it has none. Present only for keys with the scope `webhooks:read`.',
    }),
    status: z
      .enum(['pending_validation', 'active', 'suspended', 'deleted'])
      .meta({ id: 'ExplainedWebhookStatus' }),
    matched: z.boolean().meta({ description: 'True if a delivery was created for this webhook.' }),
    reason: explainReason,
    violation: reportedError.optional().meta({
      description:
        'Which part of the data the filter of the webhook did not match. Present only for keys with the scope `webhooks:read`, and, if ' +
        'the event type redacts values, `payloads:read`.',
    }),
    description: z.string().nullish().meta({
      description: 'The description of the webhook. Present only for keys with the scope `webhooks:read`.',
    }),
    deliveryId: apiId('delivery').optional(),
    waitsFor: apiId('delivery').optional().meta({
      description:
        'The delivery that must succeed or finally fail first. Present only with the reason `waits_in_order`.',
    }),
  })
  .meta({ id: 'Explanation' });

export const subListQuery = z.strictObject(pageQuery);

export const explainQuery = subListQuery.extend({
  matched: queryBoolean.optional().meta({
    description: 'Returns only webhooks that have a delivery of the event, or only those that have none.',
  }),
});
