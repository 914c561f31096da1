import type pg from 'pg';

/** Returns the last minute that has statistics, or null if there are none. */
export async function readLastStatsMinute(pool: pg.Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ minute: Date | null }>(
    'SELECT max(minute) AS minute FROM webhook_minute_stats',
  );
  return rows[0]?.minute ?? null;
}
