import type { DropReason, FailureReason } from '@posthorn/core';
import type pg from 'pg';
import { endWithoutAttempt } from './fragments/end-without-attempt.js';
import { emitExhausted } from './fragments/emit-exhausted.js';
import { lockDeliveries } from './fragments/lock-deliveries.js';
import { idRange } from './id-range.js';

export type Settlement = {
  deliveryId: string;
  /** The epoch of the delivery when it was read. */
  epoch: number;
} & ({ status: 'dropped'; reason: DropReason } | { status: 'failed'; reason: FailureReason });

const SETTLE = `
WITH locked AS MATERIALIZED (${lockDeliveries({ ids: '$1::uuid[]', condition: `status = 'pending'` })}
), settled AS (
  UPDATE delivery d SET ${endWithoutAttempt({ status: 'i.status', reason: 'i.reason' })}
  FROM unnest($1::uuid[], $2::delivery_status[], $3::text[], $4::integer[]) AS i (id, status, reason, epoch)
  JOIN locked ON locked.id = i.id
  WHERE d.id = i.id AND d.id >= $5 AND d.id <= $6 AND d.status = 'pending' AND d.epoch = i.epoch
  RETURNING d.id AS delivery_id, d.status, d.event_id, d.webhook_id, d.tenant_id, d.attempt_count AS attempts, d.reason,
    NULL::smallint AS response_status, NULL::text AS error_code, NULL::text AS error_message
), failed AS (
  SELECT * FROM settled WHERE status = 'failed'
), emitted AS (${emitExhausted('failed')})
SELECT`;

/** Settles pending deliveries without an attempt, except those that were settled and made pending again since they were read. */
export async function settleDeliveries(pool: pg.Pool, settlements: readonly Settlement[]): Promise<void> {
  const ids = settlements.map((settlement) => settlement.deliveryId);
  await pool.query(SETTLE, [
    ids,
    settlements.map((settlement) => settlement.status),
    settlements.map((settlement) => settlement.reason),
    settlements.map((settlement) => settlement.epoch),
    ...idRange(ids),
  ]);
}
