import type pg from 'pg';
import { lockDeliveries } from './fragments/lock-deliveries.js';
import { idRange } from './id-range.js';

// Deliveries that are already held are updated too: a concurrent release may be about to clear `held`.
const HOLD = `
WITH locked AS MATERIALIZED (${lockDeliveries({ ids: '$1::uuid[]', condition: `status = 'pending'` })})
UPDATE delivery d SET held = true FROM locked WHERE d.id = locked.id AND d.id >= $2 AND d.id <= $3`;

/** Holds pending deliveries until their webhooks admit them. They lose their jobs; `releaseHeld` returns them for new ones. */
export async function holdDeliveries(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query(HOLD, [ids, ...idRange(ids)]);
}
