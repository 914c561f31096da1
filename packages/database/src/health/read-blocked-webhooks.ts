import { idTimeMs } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import { isBlocking } from '../deliveries/is-blocking.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { readFirstAttempts } from '../deliveries/read-first-attempts.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

/** What blocks a webhook with an order. */
export interface BlockedWebhook {
  /** The oldest delivery that blocks others. */
  deliveryId: string;
  /** When its first attempt started. */
  since: Date;
  /** The number of deliveries that block: one for each ordering key. */
  keys: number;
}

/**
 * Returns what blocks webhooks, by webhook, without those that nothing blocks. Reads one entry of an index for each of those.
 * @param maxCount keys are counted up to this number
 */
export async function readBlockedWebhooks(
  prisma: PrismaDb,
  webhookIds: readonly string[],
  maxCount: number,
): Promise<Map<string, BlockedWebhook>> {
  if (webhookIds.length === 0) return new Map();
  const rows = await prisma.$queryRaw<{ id: string; deliveryId: string; keys: number }[]>`
    SELECT w.id, oldest.id AS "deliveryId", (
      SELECT count(*)::integer FROM (SELECT FROM pending_delivery d WHERE ${OF_WEBHOOK} LIMIT ${maxCount}) AS blocking
    ) AS keys
    FROM webhook w
    CROSS JOIN LATERAL (SELECT d.id FROM pending_delivery d WHERE ${OF_WEBHOOK} ORDER BY d.id LIMIT 1) AS oldest
    WHERE w.id = ANY (${webhookIds}::uuid[]) AND ${IS_ACTIVE_TENANT}`;
  const firstAttempts = await readFirstAttempts(
    prisma,
    rows.map(({ deliveryId }) => deliveryId),
  );
  return new Map(
    rows.map(({ id, deliveryId, keys }) => {
      const since = firstAttempts.get(deliveryId) ?? new Date(idTimeMs(deliveryId));
      return [id, { deliveryId, since, keys }];
    }),
  );
}

/** Pending deliveries of an earlier epoch, and those of a tenant that is not active, are shown as dropped. */
const IS_ACTIVE_TENANT = Prisma.raw(isActiveTenant());
const OF_WEBHOOK = Prisma.raw(`d.webhook_id = w.id AND ${isBlocking('d')} AND d.epoch >= w.epoch`);
