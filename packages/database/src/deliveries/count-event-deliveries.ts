import type { DeliveryStatus } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { PrismaTransaction } from '../prisma-client/client.js';
import { isOfEvent } from '../ids/of-event.js';
import { JOIN_STOPPED_WEBHOOK, NOT_SHADOW, SHOWN_STATUS } from './delivery-query.js';

/** Maximum number of deliveries of an event that are counted. */
export const MAX_COUNTED = 1000;

/** The number of deliveries of an event, in total and by status. */
type DeliveryCounts = Record<'total' | DeliveryStatus, number>;

interface Row {
  eventId: string;
  status: DeliveryStatus;
  count: number;
}

const OF_EVENT = Prisma.raw(isOfEvent('e.id'));

/** Counts the deliveries of events, at most `MAX_COUNTED` of each. Reads a range of the primary keys per event. */
export async function countEventDeliveries(
  prisma: PrismaTransaction,
  eventIds: readonly string[],
  { hidesShadow }: { hidesShadow: boolean },
): Promise<Map<string, DeliveryCounts>> {
  const counts = new Map(eventIds.map((id) => [id, noDeliveries()]));
  if (eventIds.length === 0) return counts;
  const rows = await prisma.$queryRaw<Row[]>`
    SELECT e.id AS "eventId", d.status, count(*)::int AS count
    FROM unnest(${eventIds}::uuid[]) AS e (id) CROSS JOIN LATERAL (
      SELECT ${SHOWN_STATUS} AS status FROM delivery d ${JOIN_STOPPED_WEBHOOK}
      WHERE ${OF_EVENT}
        ${hidesShadow ? Prisma.sql`AND ${NOT_SHADOW}` : Prisma.empty}
      LIMIT ${MAX_COUNTED}
    ) AS d GROUP BY e.id, d.status`;
  for (const { eventId, status, count } of rows) {
    const ofEvent = counts.get(eventId);
    if (!ofEvent) continue;
    ofEvent[status] = count;
    ofEvent.total += count;
  }
  return counts;
}

const noDeliveries = (): DeliveryCounts => ({
  total: 0,
  pending: 0,
  succeeded: 0,
  failed: 0,
  dropped: 0,
  available: 0,
});
