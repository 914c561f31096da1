import { idTimeMs } from '@posthorn/core';
import { idFloor } from '../ids/id-floor.js';
import type { PrismaDb } from '../prisma-client/client.js';
import type { DeliveryRow } from './delivery-query.js';
import { MAX_CLOCK_SKEW_MS } from '../ids/max-clock-skew.js';

interface LastAttempt {
  deliveryId: string;
  lastStatus: number | null;
  lastError: string | null;
}

/**
 * Returns the deliveries with the results of their last attempts, which are not in the row of a delivery that is pending or was
 * settled without an attempt. Does not read partitions older than the deliveries.
 */
export async function addLastAttempts<Row extends DeliveryRow>(
  prisma: PrismaDb,
  deliveries: readonly Row[],
): Promise<Row[]> {
  const ids = deliveries.filter(lacksResult).map(({ id }) => id);
  if (ids.length === 0) return [...deliveries];
  const since = idFloor(Math.min(...ids.map(idTimeMs)) - MAX_CLOCK_SKEW_MS);
  const found = await prisma.$queryRaw<LastAttempt[]>`
    SELECT DISTINCT ON (delivery_id) delivery_id AS "deliveryId", response_status AS "lastStatus", error_code AS "lastError"
    FROM earlier_attempt WHERE delivery_id = ANY (${ids}::uuid[]) AND id >= ${since}::uuid ORDER BY delivery_id, id DESC`;
  const results = new Map(
    found.map(({ deliveryId, lastStatus, lastError }) => [deliveryId, { lastStatus, lastError }]),
  );
  return deliveries.map((delivery) => ({ ...delivery, ...results.get(delivery.id) }));
}

function lacksResult({ attemptCount, lastStatus, lastError }: DeliveryRow): boolean {
  return attemptCount > 0 && lastStatus === null && lastError === null;
}
