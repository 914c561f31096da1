import type { PrismaDb } from '../prisma-client/client.js';
import type { DeliveryRecord, DeliveryRow } from './delivery-query.js';

/** Returns the deliveries with the heads that they wait for. Reads nothing if none of them is in a chain. */
export async function addPrecedingHeads(
  prisma: PrismaDb,
  deliveries: readonly DeliveryRow[],
): Promise<DeliveryRecord[]> {
  const heads = await findPrecedingHeads(prisma, deliveries.filter(mayWait));
  return deliveries.map((delivery) => ({ ...delivery, waitsFor: heads.get(delivery.id) ?? null }));
}

const mayWait = ({ status, chain }: DeliveryRow): boolean => status === 'pending' && chain !== null;

/**
 * Returns the heads of the chains of pending deliveries, by delivery, without those that are heads themselves. A head that is shown as
 * dropped is left out: it is dropped within moments.
 */
export async function findPrecedingHeads(
  prisma: PrismaDb,
  deliveries: readonly { id: string }[],
): Promise<Map<string, string>> {
  if (deliveries.length === 0) return new Map();
  const rows = await prisma.$queryRaw<{ id: string; headId: string }[]>`
    SELECT d.id, head.id AS "headId"
    FROM pending_delivery d
    CROSS JOIN LATERAL (
      SELECT e.id, e.epoch FROM pending_delivery e
      WHERE e.webhook_id = d.webhook_id AND e.chain = d.chain AND e.ordering_key = d.ordering_key
      ORDER BY e.sequence LIMIT 1
    ) AS head
    WHERE d.id = ANY (${deliveries.map(({ id }) => id)}::uuid[]) AND head.id <> d.id AND head.epoch >= d.epoch`;
  return new Map(rows.map(({ id, headId }) => [id, headId]));
}
