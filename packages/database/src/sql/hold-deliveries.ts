import type pg from 'pg';
import { lockPending } from './fragments/lock-pending.js';

// Deliveries that are already held are updated too: a concurrent release may be about to clear `held`.
const HOLD = `
WITH locked AS MATERIALIZED (${lockPending('$1::uuid[]')})
UPDATE pending_delivery d SET held = true FROM locked WHERE d.id = locked.id`;

/** Holds pending deliveries until their webhooks admit them. They lose their jobs; `releaseHeld` returns them for new ones. */
export async function holdDeliveries(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query(HOLD, [ids]);
}
