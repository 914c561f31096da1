import type pg from 'pg';
import type { RunningReplay } from './list-running-replays.js';

const END = `
UPDATE replay SET status = $3::replay_status, finished_at = now()
WHERE id = $1 AND status = 'running' AND cursor IS NOT DISTINCT FROM $2::uuid
RETURNING queued`;

/**
 * Ends a replay that still stands where it was seen. Answers how many deliveries it made again, or null when it was ended,
 * or moved on, meanwhile.
 */
export async function finishReplay(
  pool: pg.Pool,
  { id, cursor }: Pick<RunningReplay, 'id' | 'cursor'>,
  status: 'completed' | 'cancelled',
): Promise<number | null> {
  const { rows } = await pool.query<{ queued: number }>(END, [id, cursor, status]);
  return rows[0]?.queued ?? null;
}
