import { Prisma } from '../generated/client.js';
import { addLastAttempts } from './add-last-attempts.js';
import { addPrecedingHeads } from './add-preceding-heads.js';
import type { PrismaDb } from '../prisma-client/client.js';
import {
  deliveryConditions,
  type DeliveryFilter,
  type DeliveryRecord,
  type DeliveryRow,
  distinctStatuses,
  ofStatus,
  SELECT_DELIVERIES,
} from './delivery-query.js';
import { filterPages } from '../prisma-client/filter-pages.js';
import { listDeliveriesOfType } from './list-deliveries-of-type.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { anyStatusOf, hasResponseStatus, type StatusRange } from './response-status.js';
import { whereClause } from '../prisma-client/where-clause.js';

/** Default timeout of a list filtered by event type, in milliseconds: the timeout of any other read of the history. */
const TIMEOUT_MS = 10_000;

interface ListedDeliveries extends DeliveryFilter {
  /** The HTTP status of the last attempt is in one of these ranges. */
  responseStatus?: readonly StatusRange[] | undefined;
}

/**
 * Returns deliveries, newest first. With a filter on the event type, newest event first. With one on the HTTP status, it reads a limited
 * number of deliveries, and may return fewer than `limit` and a cursor.
 * @throws QueryTimeoutError if a list filtered by event type is not complete within `timeoutMs`
 */
export async function listDeliveries(
  prisma: PrismaDb,
  { responseStatus, ...filter }: ListedDeliveries,
  page: PageRequest,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<Page<DeliveryRecord>> {
  if (responseStatus === undefined) return readPage(prisma, filter, { ...page, timeoutMs });
  const status = filter.status ?? anyStatusOf(responseStatus);
  return filterPages(page, {
    read: (each) => readPage(prisma, { ...filter, status }, { ...each, timeoutMs }),
    matches: (delivery) => hasResponseStatus(delivery, responseStatus),
    timeoutMs,
  });
}

async function readPage(
  prisma: PrismaDb,
  filter: DeliveryFilter,
  { timeoutMs, ...page }: PageRequest & { timeoutMs: number },
): Promise<Page<DeliveryRecord>> {
  const { eventType } = filter;
  const { items, next } =
    eventType === undefined
      ? toPage(await readNewest(prisma, filter, page), page.limit)
      : await listDeliveriesOfType(prisma, { ...filter, eventType }, page, timeoutMs);
  return { items: await addPrecedingHeads(prisma, await addLastAttempts(prisma, items)), next };
}

/** Reads an index per status, newest first, and merges the results. */
async function readNewest(
  prisma: PrismaDb,
  { status, ...filter }: DeliveryFilter,
  { limit, cursor }: PageRequest,
): Promise<DeliveryRow[]> {
  const newest = Prisma.sql`ORDER BY id DESC LIMIT ${limit + 1}`;
  const parts = (status ? distinctStatuses(status).map(ofStatus) : [false as const]).map((ofOneStatus) => {
    const where = whereClause([...deliveryConditions({ ...filter, cursor }), ofOneStatus]);
    return Prisma.sql`(${SELECT_DELIVERIES} ${where} ${newest})`;
  });
  return prisma.$queryRaw<
    DeliveryRow[]
  >`SELECT * FROM (${Prisma.join(parts, ' UNION ALL ')}) AS listed ${newest}`;
}
