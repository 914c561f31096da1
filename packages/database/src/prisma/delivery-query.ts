import type { DeliveryStatus } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import { idBounds, type TimeRange } from './page.js';

/** A delivery with the type of its event. */
export interface DeliveryRecord {
  id: string;
  eventId: string;
  /** Null if the event has expired. */
  eventType: string | null;
  webhookId: string;
  tenantId: string;
  status: DeliveryStatus;
  reason: string | null;
  attemptCount: number;
  /** Pending, and waits for window or rate limit of its webhook. */
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

/** The columns of a delivery `d`, without the type of its event. */
export const DELIVERY_COLUMNS = Prisma.sql`d.id, d.event_id AS "eventId", d.webhook_id AS "webhookId", d.tenant_id AS "tenantId",
  d.status::text AS status, d.reason, d.attempt_count AS "attemptCount", d.held, d.next_attempt_at AS "nextAttemptAt",
  d.settled_at AS "settledAt"`;

/** The join looks up each event in the partition of its id only. */
export const SELECT_DELIVERIES = Prisma.sql`
SELECT ${DELIVERY_COLUMNS}, e.type AS "eventType" FROM delivery d LEFT JOIN event e ON e.id = d.event_id`;

/** Returns the conditions of a filter on a delivery `d`, except the event type. */
export function deliveryConditions({
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
