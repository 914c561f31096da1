import type pg from 'pg';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

const PROMOTE = `
UPDATE pending_delivery d SET parked = false
WHERE parked AND id = ANY (ARRAY(
  SELECT id FROM pending_delivery WHERE parked AND next_attempt_at <= now() + $1::double precision * interval '1 ms'
  ORDER BY next_attempt_at LIMIT $2
  FOR UPDATE SKIP LOCKED -- the next call promotes them
))
RETURNING ${DUE_DELIVERY_COLUMNS}`;

/** Unparks retries that are due within `dueWithinMs`, and returns them. The caller enqueues a job for each. */
export async function promoteParked(
  pool: pg.Pool,
  { dueWithinMs, limit }: { dueWithinMs: number; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(PROMOTE, [dueWithinMs, limit]);
  return rows.map(toDueDelivery);
}
