import type { DropReason, FailureReason } from '@posthorn/core';
import type pg from 'pg';
import { emitExhausted } from './fragments/emit-exhausted.js';
import { lockPending } from './fragments/lock-pending.js';
import { settleWithoutAttempt } from './fragments/settle-without-attempt.js';

export type Settlement = {
  deliveryId: string;
  /** The epoch of the delivery when it was read. */
  epoch: number;
} & ({ status: 'dropped'; reason: DropReason } | { status: 'failed'; reason: FailureReason });

const SETTLE = `
WITH locked AS MATERIALIZED (${lockPending('$1::uuid[]')}
), removed AS (
  DELETE FROM pending_delivery d
  USING unnest($1::uuid[], $2::delivery_status[], $3::text[], $4::integer[]) AS i (id, status, reason, epoch)
  JOIN locked ON locked.id = i.id
  WHERE d.id = i.id AND d.epoch = i.epoch
  RETURNING d.*, i.status AS end_status, i.reason AS end_reason
), ${settleWithoutAttempt('removed', { status: 'd.end_status', reason: 'd.end_reason' })}, failed AS (
  SELECT id AS delivery_id, event_id, webhook_id, tenant_id, attempt_count AS attempts, reason,
    response_status, error_code, error_message
  FROM settled WHERE status = 'failed'
), emitted AS (${emitExhausted('failed')})
SELECT`;

/** Settles pending deliveries without an attempt, except those that were settled and made pending again since they were read. */
export async function settleDeliveries(pool: pg.Pool, settlements: readonly Settlement[]): Promise<void> {
  await pool.query(SETTLE, [
    settlements.map((settlement) => settlement.deliveryId),
    settlements.map((settlement) => settlement.status),
    settlements.map((settlement) => settlement.reason),
    settlements.map((settlement) => settlement.epoch),
  ]);
}
