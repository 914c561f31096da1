import { idTimeMs } from '@posthorn/core';
import { idFloor } from '../ids/id-floor.js';
import type { PrismaDb } from '../prisma/client.js';
import { MAX_ID_AHEAD_MS } from '../ids/max-clock-skew.js';

/** Returns when the first attempts of pending deliveries started, by delivery. Does not read partitions older than the deliveries. */
export async function readFirstAttempts(
  prisma: PrismaDb,
  deliveryIds: readonly string[],
): Promise<Map<string, Date>> {
  if (deliveryIds.length === 0) return new Map();
  const since = idFloor(Math.min(...deliveryIds.map(idTimeMs)) - MAX_ID_AHEAD_MS);
  const rows = await prisma.$queryRaw<{ id: string; startedAt: Date }[]>`
    SELECT delivery_id AS id, min(started_at) AS "startedAt" FROM earlier_attempt
    WHERE delivery_id = ANY (${deliveryIds}::uuid[]) AND id >= ${since}::uuid GROUP BY delivery_id`;
  return new Map(rows.map(({ id, startedAt }) => [id, startedAt]));
}
