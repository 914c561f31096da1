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

/** The join looks each event up in the one partition that its id names. */
const SELECT = Prisma.sql`
SELECT d.id, d.event_id AS "eventId", e.type AS "eventType", d.webhook_id AS "webhookId", d.tenant_id AS "tenantId",
  d.status::text AS status, d.reason, d.attempt_count AS "attemptCount", d.held, d.next_attempt_at AS "nextAttemptAt",
  d.settled_at AS "settledAt"
FROM delivery d LEFT JOIN event e ON e.id = d.event_id`;

/** Deliveries, newest first. */
export async function listDeliveries(
  definitions: Definitions,
  filter: DeliveryFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<DeliveryRecord>> {
  const { gte, lt } = idBounds({ ...filter, cursor });
  const where = whereAll([
    filter.tenantId !== null && Prisma.sql`d.tenant_id = ${filter.tenantId}::uuid`,
    filter.eventId !== undefined && Prisma.sql`d.event_id = ${filter.eventId}::uuid`,
    filter.webhookId !== undefined && Prisma.sql`d.webhook_id = ${filter.webhookId}::uuid`,
    filter.status !== undefined && Prisma.sql`d.status = ${filter.status}::delivery_status`,
    filter.eventType !== undefined && Prisma.sql`e.type = ${filter.eventType}`,
    gte !== undefined && Prisma.sql`d.id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`d.id < ${lt}::uuid`,
  ]);
  const rows = await definitions.$queryRaw<DeliveryRecord[]>`
    ${SELECT} ${where} ORDER BY d.id DESC LIMIT ${limit + 1}`;
  return toPage(rows, limit);
}

/** @param tenantId null for all tenants */
export async function findDelivery(
  definitions: Definitions,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<DeliveryRecord | null> {
  const mine = tenantId === null ? Prisma.empty : Prisma.sql`AND d.tenant_id = ${tenantId}::uuid`;
  const [row] = await definitions.$queryRaw<DeliveryRecord[]>`${SELECT} WHERE d.id = ${id}::uuid ${mine}`;
  return row ?? null;
}
