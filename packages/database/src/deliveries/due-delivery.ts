import { type Lane, laneOf } from '@posthorn/core';
import { dueInMs } from './due-in-ms.js';

/** A pending delivery that must have a job. */
export interface DueDelivery {
  id: string;
  tenantId: string;
  webhookId: string;
  /** Milliseconds until it is due; 0 or less if it is due. */
  dueInMs: number;
  lane: Lane;
  /** It is one of a chain. */
  isChained: boolean;
}

export interface DueDeliveryRow {
  id: string;
  tenant_id: string;
  webhook_id: string;
  due_in_ms: number;
  attempt_count: number;
  replayed: boolean;
  slow: boolean;
  chained: boolean;
}

/** The columns of a `DueDeliveryRow`, for a delivery `d`. */
export const DUE_DELIVERY_COLUMNS = `d.id, d.tenant_id, d.webhook_id, ${dueInMs('d')} AS due_in_ms, d.attempt_count, d.replay_id IS NOT NULL AS replayed,
  d.chain IS NOT NULL AS chained,
  coalesce((SELECT slow_since IS NOT NULL FROM webhook w WHERE w.id = d.webhook_id), false) AS slow`;

export function toDueDelivery(row: DueDeliveryRow): DueDelivery {
  const facts = { webhookIsSlow: row.slow, attemptCount: row.attempt_count, replayed: row.replayed };
  return {
    id: row.id,
    tenantId: row.tenant_id,
    webhookId: row.webhook_id,
    dueInMs: row.due_in_ms,
    lane: laneOf(facts),
    isChained: row.chained,
  };
}
