import type pg from 'pg';
import { withLockTimeout } from './lock-timeout.js';

/** Days that have partitions before they come. */
const DAYS_AHEAD = 7;

/**
 * Makes the partitions of today and the days ahead, and answers how many were missing.
 * @throws Error when the default partitions are in use by something slow: there are days left to try again
 */
export async function createPartitions(pool: pg.Pool, today: Date): Promise<number> {
  const day = isoDay(today);
  const [row] = await withLockTimeout<{ made: number }>(
    pool,
    // Yesterday too: what was pushed long ago is filed under it.
    `SELECT posthorn_create_partitions(date '${day}' - 1, date '${day}' + ${DAYS_AHEAD}) AS made`,
  );
  return row?.made ?? 0;
}

/** The day in UTC, as `2031-05-30`: what partitions go by. */
export const isoDay = (moment: Date): string => moment.toISOString().slice(0, 10);

/** The tables whose default partition holds rows that no day covers. */
export async function findDefaultPartitionRows(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    SELECT 'event' AS name WHERE EXISTS (SELECT FROM event_default)
    UNION ALL SELECT 'delivery' WHERE EXISTS (SELECT FROM delivery_default)
    UNION ALL SELECT 'attempt' WHERE EXISTS (SELECT FROM attempt_default)`);
  return rows.map((row) => row.name);
}
