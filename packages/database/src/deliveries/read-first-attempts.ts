import { idTimeMs } from '@posthorn/core';
import { idFloor } from '../ids/id-floor.js';
import { MAX_ID_AHEAD_MS } from '../ids/max-clock-skew.js';
import type { PrismaDb } from '../prisma-client/client.js';

export interface FirstAttempt {
  deliveryId: string;
  startedAt: Date;
}

const FIRST_ATTEMPTS = `
SELECT delivery_id AS "deliveryId", min(started_at) AS "startedAt" FROM earlier_attempt
WHERE delivery_id = ANY ($1::uuid[]) AND id >= $2::uuid GROUP BY delivery_id`;

/**
 * Returns when the first attempts of pending deliveries started, by delivery. Does not read partitions older than the deliveries.
 * @param query runs the statement; not called without deliveries
 */
export async function queryFirstAttempts(
  deliveryIds: readonly string[],
  query: (text: string, values: unknown[]) => Promise<FirstAttempt[]>,
): Promise<Map<string, Date>> {
  if (deliveryIds.length === 0) return new Map();
  const since = idFloor(Math.min(...deliveryIds.map(idTimeMs)) - MAX_ID_AHEAD_MS);
  const rows = await query(FIRST_ATTEMPTS, [deliveryIds, since]);
  return new Map(rows.map(({ deliveryId, startedAt }) => [deliveryId, startedAt]));
}

/** The same with Prisma. */
export const readFirstAttempts = (
  prisma: PrismaDb,
  deliveryIds: readonly string[],
): Promise<Map<string, Date>> =>
  queryFirstAttempts(deliveryIds, (text, values) => prisma.$queryRawUnsafe<FirstAttempt[]>(text, ...values));
