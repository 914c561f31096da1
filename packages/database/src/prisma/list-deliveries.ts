import { addLastAttempts } from './add-last-attempts.js';
import type { PrismaDb } from './client.js';
import {
  deliveryConditions,
  type DeliveryFilter,
  type DeliveryRecord,
  SELECT_DELIVERIES,
} from './delivery-query.js';
import { listDeliveriesOfType } from './list-deliveries-of-type.js';
import { type Page, type PageRequest, toPage } from './page.js';
import { whereClause } from './where-clause.js';

/** Default timeout of a list filtered by event type, in milliseconds: that of any other read of the history. */
const TIMEOUT_MS = 10_000;

/**
 * Returns deliveries, newest first. With a filter on the event type, newest event first.
 * @throws QueryTimeoutError if a list filtered by event type is not complete within `timeoutMs`
 */
export async function listDeliveries(
  prisma: PrismaDb,
  filter: DeliveryFilter,
  page: PageRequest,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<Page<DeliveryRecord>> {
  const { eventType } = filter;
  if (eventType !== undefined) {
    const { items, next } = await listDeliveriesOfType(prisma, { ...filter, eventType }, page, timeoutMs);
    return { items: await addLastAttempts(prisma, items), next };
  }
  const where = whereClause(deliveryConditions({ ...filter, cursor: page.cursor }));
  const rows = await prisma.$queryRaw<DeliveryRecord[]>`
    ${SELECT_DELIVERIES} ${where} ORDER BY d.id DESC LIMIT ${page.limit + 1}`;
  const { items, next } = toPage(rows, page.limit);
  return { items: await addLastAttempts(prisma, items), next };
}
