import type pg from 'pg';
import { failedOf } from './finish-replay.js';

const COUNT = `
SELECT ${failedOf('replay.id')}::integer AS failed FROM replay WHERE id = $1 AND status = 'running'`;

/**
 * Counts the deliveries of a running replay that have failed, or that have failed again and wait for a retry. Returns null if it is not
 * running.
 */
export async function countFailedOfReplay(pool: pg.Pool, id: string): Promise<number | null> {
  const { rows } = await pool.query<{ failed: number }>(COUNT, [id]);
  return rows[0]?.failed ?? null;
}
