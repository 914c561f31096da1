import type { DeliveryStatus } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { Definitions } from './client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from './page.js';
import { whereAll } from './where-all.js';

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

/** Deliveries, newest first. Those of a type come newest event first. */
export async function listDeliveries(
  definitions: Definitions,
  filter: DeliveryFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<DeliveryRecord>> {
  const byType = filter.eventType !== undefined;
  const { gte, lt } = idBounds({ ...filter, cursor: byType ? undefined : cursor });
  const where = whereAll([
    filter.tenantId !== null && Prisma.sql`d.tenant_id = ${filter.tenantId}::uuid`,
    filter.eventId !== undefined && Prisma.sql`d.event_id = ${filter.eventId}::uuid`,
    filter.webhookId !== undefined && Prisma.sql`d.webhook_id = ${filter.webhookId}::uuid`,
    filter.status !== undefined && Prisma.sql`d.status = ${filter.status}::delivery_status`,
    gte !== undefined && Prisma.sql`d.id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`d.id < ${lt}::uuid`,
    ...(byType ? ofEventsOfType(filter) : []),
    byType && cursor !== undefined && after(cursor),
  ]);
  const rows = byType
    ? await definitions.$queryRaw<DeliveryRecord[]>`SELECT ${COLUMNS}, e.type AS "eventType"
        FROM delivery d JOIN event e ON e.id = d.event_id ${where} ORDER BY e.id DESC, d.id DESC LIMIT ${limit + 1}`
    : await withTypes(
        definitions,
        await definitions.$queryRaw<Untyped[]>`SELECT ${COLUMNS}
          FROM delivery d ${where} ORDER BY d.id DESC LIMIT ${limit + 1}`,
      );
  return toPage(rows, limit);
}

type Untyped = Omit<DeliveryRecord, 'eventType'>;

/** Of their own: PostgreSQL takes longer to plan a join of two tables with all their days than to read both. */
async function withTypes(
  definitions: Definitions,
  deliveries: readonly Untyped[],
): Promise<DeliveryRecord[]> {
  if (deliveries.length === 0) return [];
  const ids = [...new Set(deliveries.map(({ eventId }) => eventId))];
  const events = await definitions.$queryRaw<{ id: string; type: string }[]>`
    SELECT id, type FROM event WHERE id = ANY (${ids}::uuid[])`;
  const types = new Map(events.map(({ id, type }) => [id, type]));
  return deliveries.map((delivery) => ({ ...delivery, eventType: types.get(delivery.eventId) ?? null }));
}

/** A push may be filed under a time up to two days from that of its deliveries (packages/fanout); clocks differ, too. */
const EVENT_MAY_BE_OFF_MS = 3 * 86_400_000;

/** An index has the events of a type in order: of each its deliveries are looked up, until a page is full. */
function ofEventsOfType({ tenantId, eventType, from, to }: DeliveryFilter): (Prisma.Sql | false)[] {
  const { gte, lt } = idBounds({
    from: from && new Date(from.getTime() - EVENT_MAY_BE_OFF_MS),
    to: to && new Date(to.getTime() + EVENT_MAY_BE_OFF_MS),
  });
  return [
    Prisma.sql`e.type = ${eventType}`,
    tenantId !== null && Prisma.sql`e.tenant_id = ${tenantId}::uuid`,
    gte !== undefined && Prisma.sql`e.id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`e.id < ${lt}::uuid`,
  ];
}

/** What comes after the delivery `cursor` where the events decide on the order. */
function after(cursor: string): Prisma.Sql {
  const last = Prisma.sql`FROM delivery WHERE id = ${cursor}::uuid`;
  return Prisma.sql`e.id <= (SELECT event_id ${last}) AND (e.id, d.id) < (SELECT event_id, id ${last})`;
}

/** @param tenantId null for all tenants */
export async function findDelivery(
  definitions: Definitions,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<DeliveryRecord | null> {
  const mine = tenantId === null ? Prisma.empty : Prisma.sql`AND d.tenant_id = ${tenantId}::uuid`;
  const found = await definitions.$queryRaw<Untyped[]>`
    SELECT ${COLUMNS} FROM delivery d WHERE d.id = ${id}::uuid ${mine}`;
  const [delivery] = await withTypes(definitions, found);
  return delivery ?? null;
}
