import type { DropReason, FailureReason } from '@posthorn/core';
import type pg from 'pg';
import { retryTransient } from '../transient.js';
import { emitExhausted } from './emit-exhausted.js';

export type Settlement =
  | { deliveryId: string; status: 'dropped'; reason: DropReason }
  | { deliveryId: string; status: 'failed'; reason: FailureReason };

const SETTLE = `
WITH settled AS (
  UPDATE delivery d SET status = i.status, reason = i.reason, settled_at = now(), next_attempt_at = NULL, parked = false,
    held = false
  FROM unnest($1::uuid[], $2::delivery_status[], $3::text[]) AS i (id, status, reason)
  WHERE d.id = i.id AND d.id = ANY ($1::uuid[]) AND d.status = 'pending'
  RETURNING d.id AS delivery_id, d.status, d.event_id, d.webhook_id, d.tenant_id, d.attempt_count AS attempts, d.reason,
    NULL::smallint AS response_status, NULL::text AS error_code, NULL::text AS error_message
), failed AS (
  SELECT * FROM settled WHERE status = 'failed'
), emitted AS (${emitExhausted('failed')})
SELECT`;

/** Ends pending deliveries without an attempt. */
export async function settleDeliveries(pool: pg.Pool, settlements: readonly Settlement[]): Promise<void> {
  await pool.query(SETTLE, [
    settlements.map((settlement) => settlement.deliveryId),
    settlements.map((settlement) => settlement.status),
    settlements.map((settlement) => settlement.reason),
  ]);
}

const DROP_CHUNK = 5000;

const DROP_PENDING = `
UPDATE delivery SET status = 'dropped', reason = $2, settled_at = now(), next_attempt_at = NULL, parked = false, held = false
WHERE status = 'pending' AND id = ANY (ARRAY(
  SELECT id FROM delivery WHERE webhook_id = $1 AND status = 'pending' AND epoch < $3 LIMIT ${DROP_CHUNK}
))`;

/**
 * Drops the pending deliveries that a webhook had before it got its present `epoch`, a chunk at a time, and answers how
 * many. What comes after a reactivation has a later epoch and is left alone. If it is cut short, workers drop what is left
 * when they come to it.
 */
export async function dropPendingDeliveries(
  pool: pg.Pool,
  { webhookId, epoch, reason }: { webhookId: string; epoch: number; reason: DropReason },
): Promise<number> {
  for (let dropped = 0; ;) {
    // Workers record attempts of the same rows meanwhile: a deadlock is resolved by trying again.
    const { rowCount } = await retryTransient(() => pool.query(DROP_PENDING, [webhookId, reason, epoch]));
    dropped += rowCount ?? 0;
    if (!rowCount) return dropped;
  }
}
