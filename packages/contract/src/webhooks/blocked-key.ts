import { z } from 'zod';
import { apiId } from '../values/ids.js';
import { pageOf, pageQuery, timestamp } from '../values/lists.js';
import { webhookTenantQuery } from '../values/tenant-reference.js';

/** The count of what is blocked is exact up to this number. */
export const MAX_BLOCKED_COUNT = 1000;

const blockedKey = z
  .strictObject({
    orderingKey: z.string().nullable().meta({
      description:
        'The key whose events wait. Null for a webhook with strict order: all its events wait. `•••` as in deliveries.',
    }),
    deliveryId: apiId('delivery').meta({ description: 'The delivery that blocks the key.' }),
    eventId: apiId('event'),
    eventType: z.string().nullable().meta({ description: 'Null after the event has expired.' }),
    sequence: z.int().meta({ description: 'The number of the delivery among those of its webhook.' }),
    blockedSince: timestamp.meta({ description: 'When the first attempt of the delivery started.' }),
    attemptCount: z.int().meta({ description: 'The number of attempts so far.' }),
    lastStatus: z.int().nullable().meta({
      description: 'The HTTP status of the last attempt. Null if there was no response.',
    }),
    lastError: z.string().nullable().meta({
      description: 'The code of the error of the last attempt. Null if there was a response.',
      example: 'timeout',
    }),
    nextAttemptAt: timestamp.nullable().meta({
      description:
        'When the next attempt is due. A time in the past means as soon as possible. Null if the delivery is held.',
    }),
    waiting: z.int().meta({
      description: `The number of deliveries that wait for this one. At most ${MAX_BLOCKED_COUNT} are counted.`,
    }),
  })
  .meta({ id: 'BlockedKey' });

export type BlockedKeyResponse = z.input<typeof blockedKey>;

export const blockedKeyPage = pageOf(blockedKey, 'BlockedKeyPage');

export const listBlockedKeysQuery = webhookTenantQuery.extend(pageQuery);

export const blocked = z
  .strictObject({
    deliveryId: apiId('delivery').meta({ description: 'The oldest delivery that blocks others.' }),
    since: timestamp.meta({ description: 'When the first attempt of this delivery started.' }),
    keys: z.int().meta({
      description: `The number of ordering keys that are blocked. At most ${MAX_BLOCKED_COUNT} are counted.`,
    }),
  })
  .meta({ id: 'BlockedWebhook' });
