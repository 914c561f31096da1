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

export interface DueDeliveryRow extends Omit<DueDelivery, 'lane'> {
  attemptCount: number;
  replayed: boolean;
  webhookIsSlow: boolean;
}

/** The columns of a `DueDeliveryRow`, for a delivery `d`. */
export const DUE_DELIVERY_COLUMNS = `d.id, d.tenant_id AS "tenantId", d.webhook_id AS "webhookId", ${dueInMs('d')} AS "dueInMs", d.attempt_count AS "attemptCount",
  d.replay_id IS NOT NULL AS replayed, d.chain IS NOT NULL AS "isChained",
  coalesce((SELECT slow_since IS NOT NULL FROM webhook w WHERE w.id = d.webhook_id), false) AS "webhookIsSlow"`;

export const toDueDelivery = (row: DueDeliveryRow): DueDelivery => ({
  id: row.id,
  tenantId: row.tenantId,
  webhookId: row.webhookId,
  dueInMs: row.dueInMs,
  lane: laneOf(row),
  isChained: row.isChained,
});
