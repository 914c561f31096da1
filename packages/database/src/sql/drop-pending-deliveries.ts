import type { DropReason } from '@posthorn/core';
import type pg from 'pg';
import { retryTransient } from '../transient.js';

const CHUNK = 5000;

const DROP = `
UPDATE delivery SET status = 'dropped', reason = $2, settled_at = now(), next_attempt_at = NULL, parked = false, held = false
WHERE status = 'pending' AND id = ANY (ARRAY(
  SELECT id FROM delivery WHERE webhook_id = $1 AND status = 'pending' AND epoch < $3 LIMIT ${CHUNK}
))`;

/**
 * Drops the pending deliveries of a webhook with an epoch before `epoch`, in chunks, and returns how many. Deliveries created
 * after a reactivation have a later epoch and are kept. If interrupted, workers drop the remaining ones when they run them.
 */
export async function dropPendingDeliveries(
  pool: pg.Pool,
  { webhookId, epoch, reason }: { webhookId: string; epoch: number; reason: DropReason },
): Promise<number> {
  for (let dropped = 0; ;) {
    // Workers record attempts of the same rows concurrently: a deadlock is retried.
    const { rowCount } = await retryTransient(() => pool.query(DROP, [webhookId, reason, epoch]));
    dropped += rowCount ?? 0;
    if (!rowCount) return dropped;
  }
}
