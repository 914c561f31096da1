import { type Event, Prisma } from '../generated/client.js';
import type { PrismaDb } from './client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from './page.js';
import { whereClause } from './where-clause.js';

/** @property tenantId null for all tenants */
export interface EventFilter extends TimeRange {
  tenantId: string | null;
  type?: string | undefined;
}

/** An event without its body, which may be large. */
export interface EventSummary extends Omit<Event, 'body'> {
  /** The timestamp in the body, RFC 3339. */
  timestamp: string;
}

/** The body starts with id, type and timestamp, in this order: see packages/fanout. */
const SELECT = Prisma.sql`
SELECT id, tenant_id AS "tenantId", type, published_at AS "publishedAt",
  substring(left(body, 400) FROM '"timestamp":"([^"]+)"') AS timestamp
FROM event`;

/** Returns events, newest first. */
export async function listEvents(
  prisma: PrismaDb,
  { tenantId, type, from, to }: EventFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<EventSummary>> {
  const { gte, lt } = idBounds({ from, to, cursor });
  const where = whereClause([
    tenantId !== null && Prisma.sql`tenant_id = ${tenantId}::uuid`,
    type !== undefined && Prisma.sql`type = ${type}`,
    gte !== undefined && Prisma.sql`id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`id < ${lt}::uuid`,
  ]);
  const rows = await prisma.$queryRaw<EventSummary[]>`
    ${SELECT} ${where} ORDER BY id DESC LIMIT ${limit + 1}`;
  return toPage(rows, limit);
}

/** @param tenantId null for all tenants */
export async function findEvent(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<Event | null> {
  return prisma.event.findFirst({ where: { id, ...(tenantId !== null && { tenantId }) } });
}
