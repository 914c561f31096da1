import type pg from 'pg';
import { failedOf } from '../replays/finish-replay.js';

/** A running replay with the number of its deliveries that have failed, or that have failed again and wait for a retry. */
export interface FailedCount {
  id: string;
  failed: number;
}

const count = (column: 'id' | 'recovery_id') => `
SELECT id, ${failedOf('replay.id')}::integer AS failed FROM replay WHERE ${column} = $1 AND status = 'running' ORDER BY id LIMIT $2`;

const COUNT_OF_REPLAY = count('id');
const COUNT_OF_RECOVERY = count('recovery_id');

/** Counts the failed deliveries of a replay. Returns none if it is not running. */
export async function countFailedOfReplay(pool: pg.Pool, id: string): Promise<FailedCount[]> {
  return (await pool.query<FailedCount>(COUNT_OF_REPLAY, [id, 1])).rows;
}

/** Counts the failed deliveries of running replays of a recovery, oldest first. */
export async function countFailedOfRecovery(
  pool: pg.Pool,
  id: string,
  limit: number,
): Promise<FailedCount[]> {
  return (await pool.query<FailedCount>(COUNT_OF_RECOVERY, [id, limit])).rows;
}
