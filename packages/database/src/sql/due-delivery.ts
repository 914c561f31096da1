import { type Lane, laneOf } from '@posthorn/core';

/** A pending delivery that must have a job. */
export interface DueDelivery {
  id: string;
  dueAt: Date;
  lane: Lane;
}

export interface DueDeliveryRow {
  id: string;
  next_attempt_at: Date;
  attempt_count: number;
  replayed: boolean;
  slow: boolean;
}

/** The columns of a `DueDeliveryRow`, for a delivery `d`. */
export const DUE_DELIVERY_COLUMNS = `d.id, d.next_attempt_at, d.attempt_count, d.replay_id IS NOT NULL AS replayed,
  coalesce((SELECT slow_since IS NOT NULL FROM webhook w WHERE w.id = d.webhook_id), false) AS slow`;

export function toDueDelivery(row: DueDeliveryRow): DueDelivery {
  const facts = { webhookIsSlow: row.slow, attemptCount: row.attempt_count, replayed: row.replayed };
  return { id: row.id, dueAt: row.next_attempt_at, lane: laneOf(facts) };
}
