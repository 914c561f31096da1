import type pg from 'pg';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

const PROMOTE = `
UPDATE delivery d SET parked = false
WHERE status = 'pending' AND parked AND id = ANY (ARRAY(
  SELECT id FROM delivery WHERE status = 'pending' AND parked AND next_attempt_at <= $1
  ORDER BY next_attempt_at LIMIT $2
))
RETURNING ${DUE_DELIVERY_COLUMNS}`;

/** Unparks retries that are due before `dueBefore`, and returns them. The caller enqueues a job for each. */
export async function promoteParked(
  pool: pg.Pool,
  { dueBefore, limit }: { dueBefore: Date; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(PROMOTE, [dueBefore, limit]);
  return rows.map(toDueDelivery);
}
