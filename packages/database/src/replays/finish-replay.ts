import type pg from 'pg';
import { waitsForRetry } from '../deliveries/bring-forward.js';
import type { RunningReplay } from './list-running-replays.js';

/** Returns the number of deliveries of a replay, an expression, that have failed, or that have failed again and wait for a retry. */
export const failedOf = (replayId: string): string => `(
  (SELECT count(*) FROM settled_delivery d WHERE d.replay_id = ${replayId} AND d.status = 'failed') +
  (SELECT count(*) FROM pending_delivery d WHERE d.replay_id = ${replayId} AND ${waitsForRetry('d')})
)`;

const FINISH = `
UPDATE replay SET status = $3::replay_status, finished_at = now(), failed = ${failedOf('$1')}
WHERE id = $1 AND status = 'running' AND cursor IS NOT DISTINCT FROM $2::uuid
RETURNING queued`;

/**
 * Finishes a replay that is still running at this cursor.
 * @returns the number of deliveries it requeued, or null if it has finished or advanced in the meantime
 */
export async function finishReplay(
  pool: pg.Pool,
  { id, cursor }: Pick<RunningReplay, 'id' | 'cursor'>,
  status: 'completed' | 'cancelled',
): Promise<number | null> {
  const { rows } = await pool.query<{ queued: number }>(FINISH, [id, cursor, status]);
  return rows[0]?.queued ?? null;
}
