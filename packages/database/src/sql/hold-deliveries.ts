import type pg from 'pg';

// Deliveries that are already held are updated too: a concurrent release may be about to clear `held`.
const HOLD = `
UPDATE delivery SET held = true
WHERE id = ANY ($1::uuid[]) AND status = 'pending'`;

/** Holds pending deliveries until their webhooks admit them. They lose their jobs; `releaseHeld` returns them for new ones. */
export async function holdDeliveries(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query(HOLD, [ids]);
}
