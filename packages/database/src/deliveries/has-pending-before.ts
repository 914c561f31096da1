import type pg from 'pg';
import { idFloor } from '../ids/id-floor.js';

/** Returns whether a delivery of an event before this time is pending. Reads one entry of the primary key. */
export async function hasPendingBefore(pool: pg.Pool, moment: Date): Promise<boolean> {
  const { rows } = await pool.query('SELECT FROM pending_delivery WHERE id < $1 ORDER BY id LIMIT 1', [
    idFloor(moment.getTime()),
  ]);
  return rows.length > 0;
}
