import type pg from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const DELETE = `
DELETE FROM webhook_minute_stats WHERE (minute, webhook_id) IN (
  SELECT minute, webhook_id FROM webhook_minute_stats WHERE minute < $1 LIMIT ${CHUNK}
)`;

/** Deletes statistics from before `cutoff`. Returns how many rows. */
export async function deleteExpiredStats(pool: pg.Pool, cutoff: Date): Promise<number> {
  return deleteInChunks(pool, DELETE, [cutoff]);
}
