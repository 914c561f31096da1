import { Prisma } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';
import {
  DELIVERY_COLUMNS,
  deliveryConditions,
  type DeliveryFilter,
  type DeliveryRow,
  distinctStatuses,
  JOIN_STOPPED_WEBHOOK,
  ofStatus,
} from './delivery-query.js';
import { isOfEvent } from '../ids/of-event.js';
import { idBounds, type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { QueryTimeoutError } from '../prisma-client/prisma-errors.js';
import { whereClause } from '../prisma-client/where-clause.js';

/** Growth of the number of events per step, while their deliveries do not fill the page. */
const BATCH_GROWTH = 8;

/** Maximum number of events per step. */
const MAX_BATCH = 10_000;

/**
 * Returns deliveries of one event type, newest event first. Reads the events of the type in index order, a batch at a time, and
 * their deliveries, until the page is full. PostgreSQL takes longer to plan a join of the two partitioned tables than to run
 * all of these statements.
 * @throws QueryTimeoutError after `timeoutMs`
 */
export async function listDeliveriesOfType(
  prisma: PrismaDb,
  filter: DeliveryFilter & { eventType: string },
  { limit, cursor }: PageRequest,
  timeoutMs: number,
): Promise<Page<DeliveryRow>> {
  const startedAtMs = performance.now();
  let after = cursor === undefined ? undefined : await findPosition(prisma, cursor);
  const found: DeliveryRow[] = [];
  for (let count = limit + 1; after !== null; count = Math.min(count * BATCH_GROWTH, MAX_BATCH)) {
    const eventIds = await listEventIds(prisma, { ...filter, upTo: after?.eventId, count });
    const oldest = eventIds.at(-1);
    if (oldest === undefined) break;
    const where = whereClause([
      ...deliveryConditions(filter),
      filter.status !== undefined && anyOf(distinctStatuses(filter.status).map(ofStatus)),
      after !== undefined && Prisma.sql`(d.event_id, d.id) < (${after.eventId}::uuid, ${after.id}::uuid)`,
    ]);
    const rows = await prisma.$queryRaw<DeliveryRow[]>`
      SELECT ${DELIVERY_COLUMNS}, ${filter.eventType} AS "eventType"
      FROM unnest(${eventIds}::uuid[]) AS of_type (event_id)
      -- OFFSET forces a lookup per event, in the partition of its day only.
      CROSS JOIN LATERAL (SELECT * FROM delivery d WHERE ${OF_EVENT} OFFSET 0) d ${JOIN_STOPPED_WEBHOOK} ${where}
      ORDER BY d.event_id DESC, d.id DESC LIMIT ${limit + 1 - found.length}`;
    found.push(...rows);
    if (found.length > limit || eventIds.length < count) break;
    if (performance.now() - startedAtMs > timeoutMs) throw new QueryTimeoutError();
    after = { eventId: oldest, id: MIN_ID };
  }
  return toPage(found, limit);
}

const anyOf = (conditions: readonly Prisma.Sql[]) =>
  Prisma.sql`(${Prisma.join(
    conditions.map((condition) => Prisma.sql`(${condition})`),
    ' OR ',
  )})`;

/** A position in the list, which is ordered by event id and delivery id. The next page starts below it. */
interface Position {
  eventId: string;
  id: string;
}

/** Below this position, there are no more deliveries of the event. */
const MIN_ID = '00000000-0000-0000-0000-000000000000';

/** Returns the position of a delivery, or null if it does not exist any more. */
async function findPosition(prisma: PrismaDb, id: string): Promise<Position | null> {
  const [position] = await prisma.$queryRaw<Position[]>`
    SELECT event_id AS "eventId", id FROM delivery WHERE id = ${id}::uuid`;
  return position ?? null;
}

const OF_EVENT = Prisma.raw(isOfEvent('of_type.event_id'));

interface EventQuery extends DeliveryFilter {
  upTo: string | undefined;
  count: number;
}

/** Returns event ids, newest first. */
async function listEventIds(prisma: PrismaDb, query: EventQuery): Promise<string[]> {
  const { tenantId, eventId, eventType, from, to, upTo, count } = query;
  const { gte, lt } = idBounds({ from, to });
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
