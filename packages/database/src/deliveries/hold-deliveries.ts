import type pg from 'pg';
import { lockPending, skippedBy } from '../connection/lock-pending.js';
import { type LockedRows, skippingLocked } from '../connection/locked-rows.js';

/** A delivery as it was read. The epoch and the due time together identify the attempt that it waits for. */
export interface DeliveryToHold {
  deliveryId: string;
  epoch: number;
  dueAt: Date;
}

// Deliveries that are already held are updated too: a concurrent release may be about to clear `held`.
const holdStatement = (lockedRows: LockedRows) => `
WITH locked AS MATERIALIZED (${lockPending('$1::uuid[]', lockedRows)}
), held AS (
  UPDATE pending_delivery d SET held = true
  FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[]) AS i (id, epoch, due_at)
  JOIN locked ON locked.id = i.id
  WHERE d.id = i.id AND d.epoch = i.epoch AND d.next_attempt_at = i.due_at
  RETURNING d.id
)
SELECT id, 'held' AS result FROM held
${lockedRows === 'skip' ? `UNION ALL SELECT id, 'locked' FROM (${skippedBy('locked', '$1::uuid[]')}) AS skipped` : ''}`;

const HOLD: Record<LockedRows, string> = { wait: holdStatement('wait'), skip: holdStatement('skip') };

/**
 * Holds pending deliveries until their webhooks admit them. They lose their jobs; `releaseHeld` returns them for new ones. Does not
 * hold a delivery that has changed since it was read, because its next attempt may be hours away, nor one whose row another transaction
 * has locked.
 * @returns the results, by id; none for a delivery that has changed
 */
export async function holdDeliveries(
  pool: pg.Pool,
  deliveries: readonly DeliveryToHold[],
): Promise<Map<string, 'held' | 'locked'>> {
  const values = [
    deliveries.map(({ deliveryId }) => deliveryId),
    deliveries.map(({ epoch }) => epoch),
    deliveries.map(({ dueAt }) => dueAt.toISOString()),
  ];
  return skippingLocked(async (lockedRows) => {
    const { rows } = await pool.query<{ id: string; result: 'held' | 'locked' }>(HOLD[lockedRows], values);
    return new Map(rows.map(({ id, result }) => [id, result]));
  });
}
