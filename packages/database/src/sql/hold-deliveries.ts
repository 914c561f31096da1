import type pg from 'pg';
import { lockPending, skippedBy } from './fragments/lock-pending.js';
import { type LockedRows, skippingLocked } from './fragments/locked-rows.js';

// Deliveries that are already held are updated too: a concurrent release may be about to clear `held`.
const holdStatement = (lockedRows: LockedRows) => `
WITH locked AS MATERIALIZED (${lockPending('$1::uuid[]', lockedRows)}
), held AS (
  UPDATE pending_delivery d SET held = true FROM locked WHERE d.id = locked.id
)
${lockedRows === 'skip' ? skippedBy('locked', '$1::uuid[]') : 'SELECT'}`;

const HOLD: Record<LockedRows, string> = { wait: holdStatement('wait'), skip: holdStatement('skip') };

/**
 * Holds pending deliveries until their webhooks admit them. They lose their jobs; `releaseHeld` returns them for new ones.
 * @returns the deliveries that are not held, because another transaction has locked them
 */
export async function holdDeliveries(pool: pg.Pool, ids: readonly string[]): Promise<Set<string>> {
  return skippingLocked(async (lockedRows) => {
    const { rows } = await pool.query<{ id: string }>(HOLD[lockedRows], [ids]);
    return new Set(lockedRows === 'skip' ? rows.map(({ id }) => id) : []);
  });
}
