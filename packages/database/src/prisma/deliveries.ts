import { type DeliveryStatus, idTimeMs } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { PrismaDb } from './client.js';
import { idBounds, idFloor, type Page, type PageRequest, type TimeRange, toPage } from './page.js';
import { QueryTimeoutError } from './prisma-errors.js';
import { whereClause } from './where-clause.js';

/** A delivery, and the type of its event, null when that has aged out. */
export interface DeliveryRecord {
  id: string;
  eventId: string;
  eventType: string | null;
  webhookId: string;
  tenantId: string;
  status: DeliveryStatus;
  reason: string | null;
  attemptCount: number;
  /** While pending: it waits for its webhook to have room. */
  held: boolean;
  nextAttemptAt: Date | null;
  settledAt: Date | null;
}

/** @property tenantId null for all tenants */
export interface DeliveryFilter extends TimeRange {
  tenantId: string | null;
  eventId?: string | undefined;
  webhookId?: string | undefined;
  status?: DeliveryStatus | undefined;
  eventType?: string | undefined;
}

const COLUMNS = Prisma.sql`d.id, d.event_id AS "eventId", d.webhook_id AS "webhookId", d.tenant_id AS "tenantId",
  d.status::text AS status, d.reason, d.attempt_count AS "attemptCount", d.held, d.next_attempt_at AS "nextAttemptAt",
  d.settled_at AS "settledAt"`;

/** The join looks each event up in the one partition that its id names. */
const SELECT = Prisma.sql`
SELECT ${COLUMNS}, e.type AS "eventType" FROM delivery d LEFT JOIN event e ON e.id = d.event_id`;

/**
 * Deliveries, newest first. Those of a type come newest event first.
 * @throws QueryTimeoutError when the events of a type have too few that fit to be found within `longestMs`
 */
export async function listDeliveries(
  prisma: PrismaDb,
  filter: DeliveryFilter,
  page: PageRequest,
  { longestMs = LONGEST_MS }: { longestMs?: number } = {},
): Promise<Page<DeliveryRecord>> {
  const { eventType } = filter;
  if (eventType !== undefined) return listOfType(prisma, { ...filter, eventType }, page, longestMs);
  const where = whereClause(conditions({ ...filter, cursor: page.cursor }));
  const rows = await prisma.$queryRaw<DeliveryRecord[]>`
    ${SELECT} ${where} ORDER BY d.id DESC LIMIT ${page.limit + 1}`;
  return toPage(rows, page.limit);
}

/** Of a delivery `d`, whatever its event. */
function conditions({
  tenantId,
  eventId,
  webhookId,
  status,
  ...range
}: DeliveryFilter & { cursor?: string | undefined }) {
  const { gte, lt } = idBounds(range);
  return [
    tenantId !== null && Prisma.sql`d.tenant_id = ${tenantId}::uuid`,
    eventId !== undefined && Prisma.sql`d.event_id = ${eventId}::uuid`,
    webhookId !== undefined && Prisma.sql`d.webhook_id = ${webhookId}::uuid`,
    status !== undefined && Prisma.sql`d.status = ${status}::delivery_status`,
    gte !== undefined && Prisma.sql`d.id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`d.id < ${lt}::uuid`,
  ];
}

/** A push may be filed under a time up to two days from that of its deliveries (packages/fanout); clocks differ, too. */
const EVENT_MAY_BE_OFF_MS = 3 * 86_400_000;

/** How many times as many events are read next when those of before had too few deliveries that fit. */
const MORE_EVENTS = 8;

/** Most events that are read at a time. */
const MOST_EVENTS = 10_000;

/** Longest to look for deliveries of a type, in milliseconds: as long as any other read of the history may take. */
const LONGEST_MS = 10_000;

/**
 * An index has the events of a type in order: of so many at a time the deliveries are read, until a page is full. PostgreSQL
 * takes longer to plan a join of the two tables, with all their days, than for all of this.
 */
async function listOfType(
  prisma: PrismaDb,
  filter: DeliveryFilter & { eventType: string },
  { limit, cursor }: PageRequest,
  longestMs: number,
): Promise<Page<DeliveryRecord>> {
  const startedAtMs = performance.now();
  let after = cursor === undefined ? undefined : await placeOf(prisma, cursor);
  const found: DeliveryRecord[] = [];
  for (let count = limit + 1; after !== null; count = Math.min(count * MORE_EVENTS, MOST_EVENTS)) {
    const eventIds = await eventsOfType(prisma, { ...filter, upTo: after?.eventId, count });
    const oldest = eventIds.at(-1);
    if (oldest === undefined) break;
    const where = whereClause([
      ...conditions(filter),
      Prisma.sql`d.event_id = ANY (${eventIds}::uuid[])`,
      Prisma.sql`d.id >= ${idFloor(idTimeMs(oldest) - EVENT_MAY_BE_OFF_MS)}::uuid`,
      after !== undefined && Prisma.sql`(d.event_id, d.id) < (${after.eventId}::uuid, ${after.id}::uuid)`,
    ]);
    const rows = await prisma.$queryRaw<DeliveryRecord[]>`
      SELECT ${COLUMNS}, ${filter.eventType} AS "eventType" FROM delivery d ${where}
      ORDER BY d.event_id DESC, d.id DESC LIMIT ${limit + 1 - found.length}`;
    found.push(...rows);
    if (found.length > limit || eventIds.length < count) break;
    if (performance.now() - startedAtMs > longestMs) throw new QueryTimeoutError();
    after = { eventId: oldest, id: LEAST_ID };
  }
  return toPage(found, limit);
}

/** A place in the order of deliveries by their events: just before this one. */
interface Place {
  eventId: string;
  id: string;
}

/** Just before it there is nothing more of its event. */
const LEAST_ID = '00000000-0000-0000-0000-000000000000';

/** Null when there is no such delivery any more. */
async function placeOf(prisma: PrismaDb, id: string): Promise<Place | null> {
  const [place] = await prisma.$queryRaw<Place[]>`
    SELECT event_id AS "eventId", id FROM delivery WHERE id = ${id}::uuid`;
  return place ?? null;
}

interface EventsOfType extends DeliveryFilter {
  upTo: string | undefined;
  count: number;
}

/** Ids of events, the newest first. */
async function eventsOfType(prisma: PrismaDb, wanted: EventsOfType): Promise<string[]> {
  const { tenantId, eventId, eventType, from, to, upTo, count } = wanted;
  const { gte, lt } = idBounds({
    from: from && new Date(from.getTime() - EVENT_MAY_BE_OFF_MS),
    to: to && new Date(to.getTime() + EVENT_MAY_BE_OFF_MS),
  });
  const where = whereClause([
    Prisma.sql`type = ${eventType}`,
    tenantId !== null && Prisma.sql`tenant_id = ${tenantId}::uuid`,
    eventId !== undefined && Prisma.sql`id = ${eventId}::uuid`,
    gte !== undefined && Prisma.sql`id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`id < ${lt}::uuid`,
    upTo !== undefined && Prisma.sql`id <= ${upTo}::uuid`,
  ]);
  const rows = await prisma.$queryRaw<{ id: string }[]>`
    SELECT id FROM event ${where} ORDER BY id DESC LIMIT ${count}`;
  return rows.map(({ id }) => id);
}

/** @param tenantId null for all tenants */
export async function findDelivery(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<DeliveryRecord | null> {
  const mine = tenantId === null ? Prisma.empty : Prisma.sql`AND d.tenant_id = ${tenantId}::uuid`;
  const [row] = await prisma.$queryRaw<DeliveryRecord[]>`${SELECT} WHERE d.id = ${id}::uuid ${mine}`;
  return row ?? null;
}
