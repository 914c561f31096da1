import type { DropReason } from '@posthorn/core';
import type pg from 'pg';
import { settleWithoutAttempt } from '../deliveries/settle-without-attempt.js';

const REASON: DropReason = 'replay_cancelled';

/** A WITH query that inserts the rows of `removed`, which were deleted from pending_delivery, as dropped. */
export const DROP_REPLAYED = settleWithoutAttempt('removed', {
  status: `'dropped'`,
  reason: `'${REASON}'`,
});

const CHUNK = 5000;

/** Enough for the replay not to be completed in the meantime, and few enough for one transaction. */
const KEPT = 1000;

// Does not wait for workers that are changing the same deliveries: those are left to the cancellation.
const DROP = `
WITH removed AS (
  DELETE FROM pending_delivery WHERE id = ANY (ARRAY(
    SELECT id FROM pending_delivery WHERE replay_id = $1
    ORDER BY next_attempt_at DESC OFFSET ${KEPT} LIMIT ${CHUNK} FOR UPDATE SKIP LOCKED
  ))
  RETURNING *
), ${DROP_REPLAYED}
SELECT FROM settled`;

/**
 * Drops pending deliveries of a replay in portions, those due last first, until few are left. There may be any number of them. The caller
 * cancels the replay with the others in one transaction; until then it can be cancelled again.
 */
export async function dropWaitingOfReplay(pool: pg.Pool, replayId: string): Promise<void> {
  let dropped: number | null;
  do {
    ({ rowCount: dropped } = await pool.query(DROP, [replayId]));
  } while (dropped === CHUNK);
}
