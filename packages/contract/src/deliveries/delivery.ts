import { z } from 'zod';
import { listedStatuses, responseStatuses } from './delivery-filters.js';
import { apiId, idOf } from '../values/ids.js';
import { pageOf, pageQuery, timeRange, timestamp } from '../values/lists.js';
import { recordedType } from '../values/recorded-type.js';
import { listedTenant } from '../values/tenant-reference.js';

export const deliveryStatus = z.enum(['pending', 'succeeded', 'failed', 'dropped', 'available']).meta({
  id: 'DeliveryStatus',
  description: '`available`: the webhook gets no requests, and the event is in its feed.',
});

export const delivery = z
  .strictObject({
    id: apiId('delivery'),
    eventId: apiId('event'),
    eventType: z.string().nullable().meta({ description: 'Null after the event has expired.' }),
    webhookId: apiId('webhook'),
    tenantId: apiId('tenant'),
    status: deliveryStatus,
    reason: z
      .string()
      .nullable()
      .meta({
        description:
          'Why the delivery was dropped (`suspended`, `tenant_suspended`, `deleted`, `replay_cancelled`, `shadow`, `skipped`, `erased`) or failed (' +
          '`exhausted`, `gone`, `blocked_address`, `invalid_url`, `crashed`, `payload_expired`, `body_too_large`, `internal_error`). Null otherwise.',
        example: 'suspended',
      }),
    attemptCount: z.int().meta({ description: 'The number of attempts so far.' }),
    held: z.boolean().meta({
      description:
        'True if the delivery is due but waits for the limits of its webhook: `maxInFlight`, its congestion window, its ' +
        '`rateLimit`, or a `Retry-After` of the receiver; or for the access token of its webhook.',
    }),
    heldReason: z
      .enum(['access_token', 'paused', 'rate_limit', 'window'])
      .meta({ id: 'HeldReason' })
      .nullable()
      .meta({
        description:
          'What holds the delivery: `access_token`, which is being fetched or cannot be had, `paused` by a `Retry-After` of the receiver, `rate_limit`, or ' +
          '`window` (`maxInFlight` or the congestion window). Null if it is not held, or if Redis is unavailable.',
      }),
    lastStatus: z.int().nullable().meta({
      description: 'The HTTP status of the last attempt. Null if there was no attempt, or no response.',
    }),
    lastError: z.string().nullable().meta({
      description: 'The code of the error of the last attempt. Null if there was none.',
      example: 'timeout',
    }),
    nextAttemptAt: timestamp.nullable().meta({
      description:
        'When the next attempt is due. A time in the past means as soon as possible. Null if the delivery is held or settled, or ' +
        'waits for another one.',
    }),
    sequence: z
      .int()
      .nullable()
      .meta({
        description:
          'Its number among the deliveries of its webhook, which requests have in the header `webhook-sequence`. Null if the webhook ' +
          'did not number its deliveries.',
        example: 42,
      }),
    orderingKey: z
      .string()
      .nullable()
      .meta({
        description:
          'The ordering key of its event, for a webhook with the ordering `byKey`. Null for other webhooks, and for an event without a key. ' +
          '`•••` without `payloads:read`, if its place was the `orderingPointer` of the event type and is redacted now.',
      }),
    waitsFor: apiId('delivery')
      .nullable()
      .meta({
        description:
          'The delivery that must succeed or finally fail before this one is sent: the first pending one of the same webhook and ' +
          'ordering key. Null if this one waits for no other.',
      }),
    canSkip: z.boolean().meta({
      description:
        'True if `POST /v1/deliveries/:id/skip` can end the delivery: it is pending, and in order.',
    }),
    createdAt: timestamp,
    settledAt: timestamp
      .nullable()
      .meta({ description: 'When the delivery succeeded, failed or was dropped. Null while it is pending.' }),
  })
  .meta({ id: 'Delivery' });

export type DeliveryResponse = z.input<typeof delivery>;

export const deliveryPage = pageOf(delivery, 'DeliveryPage');

export const listDeliveriesQuery = z.strictObject({
  ...pageQuery,
  ...timeRange,
  webhookId: idOf('webhook').optional(),
  status: listedStatuses.optional(),
  responseStatus: responseStatuses.optional(),
  eventType: recordedType.optional(),
  tenantId: listedTenant.optional(),
});
