import type { DropReason, FailureReason } from '@posthorn/core';
import type pg from 'pg';
import { emitExhausted } from '../notifications/emit-exhausted.js';
import { lockPending, skippedBy } from '../connection/lock-pending.js';
import { type LockedRows, skippingLocked } from '../connection/locked-rows.js';
import { settleWithoutAttempt } from './settle-without-attempt.js';

export type Settlement = {
  deliveryId: string;
  /** The epoch of the delivery when it was read. */
  epoch: number;
} & ({ status: 'dropped'; reason: DropReason } | { status: 'failed'; reason: FailureReason });

const settleStatement = (lockedRows: LockedRows) => `
WITH locked AS MATERIALIZED (${lockPending('$1::uuid[]', lockedRows)}
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
${lockedRows === 'skip' ? skippedBy('locked', '$1::uuid[]') : 'SELECT'}`;

const SETTLE: Record<LockedRows, string> = { wait: settleStatement('wait'), skip: settleStatement('skip') };

/**
 * Settles pending deliveries without an attempt, except those that were settled and made pending again since they were read.
 * @returns the deliveries that are not settled, because another transaction has locked them
 */
export async function settleDeliveries(
  pool: pg.Pool,
  settlements: readonly Settlement[],
): Promise<Set<string>> {
  const values = [
    settlements.map((settlement) => settlement.deliveryId),
    settlements.map((settlement) => settlement.status),
    settlements.map((settlement) => settlement.reason),
    settlements.map((settlement) => settlement.epoch),
  ];
  return skippingLocked(async (lockedRows) => {
    const { rows } = await pool.query<{ id: string }>(SETTLE[lockedRows], values);
    return new Set(lockedRows === 'skip' ? rows.map(({ id }) => id) : []);
  });
}
