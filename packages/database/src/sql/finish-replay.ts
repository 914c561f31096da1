import type pg from 'pg';
import type { RunningReplay } from './list-running-replays.js';

const FINISH = `
UPDATE replay SET status = $3::replay_status, finished_at = now()
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
