import { z } from 'zod';
import { rule } from '../values/rule.js';
import { deliveryStatus } from '../deliveries/delivery.js';
import { apiId } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';

const DEFAULT_FEED_LIMIT = 50;
const MAX_FEED_LIMIT = 100;

/** The longest time that a call waits for an entry, in seconds. */
const MAX_FEED_WAIT_S = 30;

/** Returns an integer of a query with a default. */
const integer = ({ min, max }: { min: number; max: number }) =>
  z
    .string()
    .refine((text) => /^\d{1,16}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      message: rule('out_of_range', { min, max }),
    })
    .transform(Number);

const limit = { min: 1, max: MAX_FEED_LIMIT };
const wait = { min: 0, max: MAX_FEED_WAIT_S };
/** Above all numbers that a webhook can reach. */
const MAX_SEQUENCE = 10 ** 15;

const after = { min: 0, max: MAX_SEQUENCE };

/** Returns the bounds of an integer for the OpenAPI document. */
const boundsOf = ({ min, max }: { min: number; max: number }) => ({
  type: 'integer' as const,
  minimum: min,
  maximum: max,
});

export const feedQuery = webhookTenantQuery.extend({
  after: integer(after)
    .optional()
    .meta({
      ...boundsOf(after),
      description:
        'Returns the entries that follow this number. Default: the stored cursor, or else all that are left.',
    }),
  limit: integer(limit)
    .default(DEFAULT_FEED_LIMIT)
    .meta({
      ...boundsOf(limit),
      default: DEFAULT_FEED_LIMIT,
      description: 'Maximum number of entries to return.',
    }),
  wait: integer(wait)
    .default(0)
    .meta({
      ...boundsOf(wait),
      default: 0,
      description: 'How long to wait for an entry if there is none, in seconds.',
    }),
});

const sequence = z.int().nonnegative();

const feedEntry = z
  .strictObject({
    sequence: z
      .int()
      .meta({ description: 'The number of the delivery among those of its webhook.', example: 42 }),
    deliveryId: apiId('delivery'),
    eventId: apiId('event'),
    eventType: z.string().nullable().meta({ description: 'Null after the event has expired.' }),
    status: deliveryStatus,
    reason: z.string().nullable().meta({
      description: 'Why the delivery was dropped or failed, as in the delivery. Null otherwise.',
      example: 'skipped',
    }),
    publishedAt: timestamp,
    erased: z.boolean().meta({ description: 'The data of the event was erased, so there is no body.' }),
    headers: z.record(z.string(), z.string()).meta({
      description:
        'The headers of a request that is sent now, without custom headers: with `webhook-id`, `webhook-timestamp`, `webhook-signature` ' +
        'and `webhook-sequence` in the standard format. Signatures are `[redacted]` for keys without `feed:read` and `webhooks:write`, ' +
        'and for portal links without the feature `secrets`. Without a body only `webhook-id` and `webhook-sequence`.',
    }),
    body: z
      .string()
      .nullable()
      .meta({
        description:
          'The body of a request that is sent now, byte for byte. Null if the event has expired, or if the delivery format makes the ' +
          'body too long.',
      }),
  })
  .meta({ id: 'FeedEntry' });

export type FeedEntryResponse = z.input<typeof feedEntry>;

const last = sequence.meta({ description: 'The highest number of the webhook. 0 if it has none.' });

const cursor = sequence.nullable().meta({ description: 'The stored cursor. Null if none is stored.' });

export const feed = z
  .strictObject({
    entries: z.array(feedEntry).meta({
      description: 'In the order of their numbers. May be fewer than `limit` although more follow.',
    }),
    last,
    cursor,
  })
  .meta({ id: 'Feed' });

export const feedPosition = z.strictObject({ cursor, last }).meta({ id: 'FeedPosition' });

export const setFeedCursorBody = z
  .strictObject({
    sequence: sequence.max(MAX_SEQUENCE).meta({
      description: 'The number of the last entry that has been processed. 0 for the start.',
    }),
  })
  .meta({ id: 'SetFeedCursor' });

export const feedCursor = z.strictObject({ cursor: sequence, last }).meta({ id: 'FeedCursor' });
