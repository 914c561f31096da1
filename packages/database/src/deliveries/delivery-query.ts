import type { DeliveryStatus } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import { stopReason } from '../webhooks/stop-reason.js';
import { idBounds, type TimeRange } from '../prisma-client/page.js';

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
  /** The result of the last attempt: a status, or the code of an error. Both null without attempts. */
  lastStatus: number | null;
  lastError: string | null;
  /** Its number among the deliveries of its webhook. Null if it has none. */
  sequence: number | null;
  /** Null without order, empty for strict order. */
  orderingKey: string | null;
  /** The chain that it waits in while it is pending. Null for none. */
  chain: string | null;
  /** The head of its chain, which must be settled first. Null if it waits for no other delivery. */
  waitsFor: string | null;
}

/** A delivery as it is stored. Statements that do not depend on it determine for which one it waits. */
export type DeliveryRow = Omit<DeliveryRecord, 'waitsFor'>;

/** The status of a delivery, or one of two kinds of pending deliveries. */
export type ListedStatus = DeliveryStatus | 'retrying' | 'held';

/** @property tenantId null for all tenants */
export interface DeliveryFilter extends TimeRange {
  tenantId: string | null;
  eventId?: string | undefined;
  webhookId?: string | undefined;
  /** Any of these statuses. */
  status?: readonly ListedStatus[] | undefined;
  eventType?: string | undefined;
  /** Leaves out deliveries to shadows, which tenants do not see. */
  hidesShadow?: boolean;
}

/** The status of a delivery `d` as it is shown, joined with its stopped webhook `s`: see `DELIVERY_COLUMNS`. */
export const SHOWN_STATUS = Prisma.sql`CASE WHEN s.id IS NULL THEN d.status::text WHEN d.succeeded_before THEN 'succeeded' ELSE 'dropped' END`;

/**
 * The columns of a delivery `d`, without the type of its event. A pending delivery of an earlier epoch, or of a tenant that is not active, is never sent: it is
 * shown as dropped before it is dropped, or as succeeded if it had succeeded before it was retried or replayed.
 */
export const DELIVERY_COLUMNS = Prisma.sql`d.id, d.event_id AS "eventId", d.webhook_id AS "webhookId", d.tenant_id AS "tenantId",
  ${SHOWN_STATUS} AS status,
  CASE WHEN s.id IS NULL THEN d.reason WHEN NOT d.succeeded_before THEN s.reason END AS reason, d.attempt_count AS "attemptCount",
  d.held AND s.id IS NULL AS held, CASE WHEN s.id IS NULL THEN d.next_attempt_at END AS "nextAttemptAt",
  CASE WHEN s.id IS NULL THEN d.settled_at ELSE s.settled_at END AS "settledAt",
  d.response_status AS "lastStatus", d.error_code AS "lastError", d.sequence::float8 AS sequence, d.ordering_key AS "orderingKey", d.chain`;

/** Joins the webhook `s` of a delivery `d` that is pending since before its webhook or its tenant was suspended or deleted. */
export const JOIN_STOPPED_WEBHOOK = Prisma.sql`LEFT JOIN LATERAL (
  SELECT w.id, ${Prisma.raw(stopReason('d.epoch'))} AS reason,
    CASE WHEN w.epoch > d.epoch THEN coalesce(w.deleted_at, w.suspended_at, w.active_since)
      ELSE coalesce(t.suspended_at, t.deleted_at) END AS settled_at
  FROM webhook w JOIN tenant t ON t.id = w.tenant_id
  WHERE d.status = 'pending' AND w.id = d.webhook_id AND (w.epoch > d.epoch OR t.status <> 'active') LIMIT 1
) AS s ON true`;

/** The subquery looks up each event in the partition of its id only. A join of many deliveries would read whole partitions. */
export const SELECT_DELIVERIES = Prisma.sql`
SELECT ${DELIVERY_COLUMNS}, (SELECT e.type FROM event e WHERE e.id = d.event_id) AS "eventType"
FROM delivery d ${JOIN_STOPPED_WEBHOOK}`;

/** Does the same as `isOfEvent`, with the event as a parameter. */
export function ofEvent(eventId: string, deliveryId = Prisma.sql`d.id`): Prisma.Sql {
  const id = Prisma.sql`${eventId}::uuid`;
  return Prisma.sql`d.event_id = ${id} AND ${deliveryId} >= posthorn_delivery_id_min(${id}) AND ${deliveryId} <= posthorn_delivery_id_max(${id})`;
}

/** A pending delivery has a next attempt, which excludes the whole history from the plan, and is not shown as dropped. */
export const PENDING = Prisma.sql`d.next_attempt_at IS NOT NULL AND s.id IS NULL`;

/** Returns the condition that a delivery `d` has a status. */
export function ofStatus(status: ListedStatus): Prisma.Sql {
  switch (status) {
    case 'pending':
      return PENDING;
    case 'retrying':
      return Prisma.sql`${PENDING} AND d.attempt_count > 0 AND NOT d.held`;
    case 'held':
      return Prisma.sql`${PENDING} AND d.held`;
    case 'succeeded':
    case 'failed':
    case 'dropped':
    case 'available':
      return Prisma.sql`d.status = ${status}::delivery_status`;
  }
}

/** Returns the statuses without those that others include. */
export function distinctStatuses(statuses: readonly ListedStatus[]): ListedStatus[] {
  const hasPending = statuses.includes('pending');
  return statuses.filter((status) => !hasPending || (status !== 'retrying' && status !== 'held'));
}

/** Condition: a delivery `d` does not belong to a shadow. */
export const NOT_SHADOW = Prisma.sql`d.reason IS DISTINCT FROM 'shadow'`;

/** Returns the conditions of a filter on a delivery `d`, joined with its stopped webhook `s`, except status and event type. */
export function deliveryConditions({
  tenantId,
  eventId,
  webhookId,
  hidesShadow = false,
  ...range
}: DeliveryFilter & { cursor?: string | undefined }) {
  const { gte, lt } = idBounds(range);
  return [
    tenantId !== null && Prisma.sql`d.tenant_id = ${tenantId}::uuid`,
    eventId !== undefined && ofEvent(eventId),
    webhookId !== undefined && Prisma.sql`d.webhook_id = ${webhookId}::uuid`,
    hidesShadow && NOT_SHADOW,
    gte !== undefined && Prisma.sql`d.id >= ${gte}::uuid`,
    lt !== undefined && Prisma.sql`d.id < ${lt}::uuid`,
  ];
}
