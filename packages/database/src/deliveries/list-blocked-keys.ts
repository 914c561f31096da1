import { idTimeMs } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import { addLastAttempts } from './add-last-attempts.js';
import { isBlocking } from './is-blocking.js';
import { type DeliveryRow, PENDING, SELECT_DELIVERIES } from './delivery-query.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { readFirstAttempts } from './read-first-attempts.js';
import { whereClause } from '../prisma-client/where-clause.js';

/** A delivery in order: it has a number. */
interface OrderedRow extends DeliveryRow {
  sequence: number;
}

/** A failed delivery in order, the head of its chain, and the deliveries that wait for it. */
export interface BlockedKey extends OrderedRow {
  blockedSince: Date;
  /** The number of deliveries that wait. */
  waiting: number;
}

/** Returns the deliveries that block a webhook, newest first. @param maxCount the waiting ones are counted up to this number */
export async function listBlockedKeys(
  prisma: PrismaDb,
  { webhookId, maxCount }: { webhookId: string; maxCount: number },
  { limit, cursor }: PageRequest,
): Promise<Page<BlockedKey>> {
  const where = whereClause([
    Prisma.sql`d.webhook_id = ${webhookId}::uuid AND ${Prisma.raw(isBlocking('d'))} AND ${PENDING}`,
    cursor !== undefined && Prisma.sql`d.id < ${cursor}::uuid`,
  ]);
  const rows = await prisma.$queryRaw<OrderedRow[]>`
    ${SELECT_DELIVERIES} ${where} ORDER BY d.id DESC LIMIT ${limit + 1}`;
  const { items, next } = toPage(rows, limit);
  const ids = items.map(({ id }) => id);
  const [deliveries, firstAttempts, successors] = await Promise.all([
    addLastAttempts(prisma, items),
    readFirstAttempts(prisma, ids),
    countSuccessors(prisma, ids, maxCount),
  ]);
  return {
    next,
    items: deliveries.map((delivery) =>
      Object.assign(delivery, {
        blockedSince: firstAttempts.get(delivery.id) ?? new Date(idTimeMs(delivery.id)),
        waiting: successors.get(delivery.id) ?? 0,
      }),
    ),
  };
}

/** Counts the deliveries behind each of these heads. */
async function countSuccessors(
  prisma: PrismaDb,
  ids: readonly string[],
  maxCount: number,
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await prisma.$queryRaw<{ id: string; count: number }[]>`
    SELECT d.id, (
      SELECT count(*)::integer FROM (
        SELECT FROM pending_delivery e
        WHERE e.webhook_id = d.webhook_id AND e.chain = d.chain AND e.ordering_key = d.ordering_key AND e.sequence > d.sequence
        LIMIT ${maxCount}
      ) AS successor
    ) AS count
    FROM pending_delivery d WHERE d.id = ANY (${ids}::uuid[])`;
  return new Map(rows.map(({ id, count }) => [id, count]));
}
