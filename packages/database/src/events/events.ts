import { attributesIn, type EventAttributes, type EventContext } from '@posthorn/core';
import { type Event as EventRow, Prisma } from '../generated/client.js';
import { occurredAtOf, START_OF_BODY } from './occurred-at.js';
import { bodyOf, type StoredBody } from './stored-body.js';
import type { PrismaDb } from '../prisma/client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from '../prisma/page.js';
import { whereClause } from '../prisma/where-clause.js';

/** @property tenantId null for all tenants */
export interface EventFilter extends TimeRange {
  tenantId: string | null;
  type?: string | undefined;
}

export interface Event extends Omit<EventRow, keyof StoredBody> {
  /** The request body, byte for byte as it is signed and sent. */
  body: string;
}

/** An event without its body, which may be large. */
export interface EventSummary extends Omit<Event, 'body'> {
  /** The `timestamp` in the body, RFC 3339. */
  occurredAt: string;
}

const SELECT = Prisma.sql`
SELECT id, tenant_id AS "tenantId", type, published_at AS "publishedAt", ${Prisma.raw(START_OF_BODY)} FROM event`;

type Row = Omit<EventSummary, 'occurredAt'> & StoredBody;

function toSummary({ body, deflatedBody, ...event }: Row): EventSummary {
  return { ...event, occurredAt: occurredAtOf({ body, deflatedBody }) };
}

/**
 * Returns events, newest first. The time range applies to the id, which is fast, except for the few events whose id has
 * a later time than their publication. An id derived from a key has the time at which the event occurred.
 */
export async function listEvents(
  prisma: PrismaDb,
  { tenantId, type, from, to }: EventFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<EventSummary>> {
  const { gte, lt } = idBounds({ from, to, cursor });
  const ofFilter = [
    tenantId !== null && Prisma.sql`tenant_id = ${tenantId}::uuid`,
    type !== undefined && Prisma.sql`type = ${type}`,
    // No displaced event is published after the time in its id.
    gte !== undefined && Prisma.sql`id >= ${gte}::uuid`,
  ];
  const newest = (conditions: (Prisma.Sql | false)[]) => Prisma.sql`
    ${SELECT} ${whereClause([...ofFilter, ...conditions])} ORDER BY id DESC LIMIT ${limit + 1}`;
  const below = lt !== undefined && Prisma.sql`id < ${lt}::uuid`;
  if (from === undefined && to === undefined) {
    return toPage((await prisma.$queryRaw<Row[]>(newest([below]))).map(toSummary), limit);
  }

  const displaced = newest([
    Prisma.sql`displaced`,
    cursor !== undefined && Prisma.sql`id < ${cursor}::uuid`,
    from !== undefined && Prisma.sql`published_at >= ${from}`,
    to !== undefined && Prisma.sql`published_at < ${to}`,
  ]);
  const rows = await prisma.$queryRaw<Row[]>`
    (${newest([Prisma.sql`NOT displaced`, below])}) UNION ALL (${displaced}) ORDER BY id DESC LIMIT ${limit + 1}`;
  return toPage(rows.map(toSummary), limit);
}

/** Returns what an event was published with besides its body; null without any. */
export function eventAttributesOf({ context }: Pick<Event, 'context'>): EventAttributes | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is stored by accept-events
  return attributesIn(context as EventContext);
}

/** @param tenantId null for all tenants */
export async function findEvent(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<Event | null> {
  const row = await prisma.event.findFirst({ where: { id, ...(tenantId !== null && { tenantId }) } });
  return row && { ...row, body: bodyOf(row) ?? '' };
}
