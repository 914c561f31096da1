import type pg from 'pg';

/** The clocks of PostgreSQL and of this process. */
export interface Clocks {
  /** The time of PostgreSQL. */
  database: Date;
  /** The earlier of both times. Data has expired only if it has by both clocks. */
  earlier: Date;
  /**
   * How far PostgreSQL is ahead of this process, in milliseconds; negative: behind. Differences that the duration of the reading may
   * explain count as none.
   */
  differenceMs: number;
}

/** Reads both clocks. @param ownClock the clock of this process, in milliseconds since 1970 */
export async function readClocks(pool: pg.Pool, ownClock: () => number = Date.now): Promise<Clocks> {
  const beforeMs = ownClock();
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const afterMs = ownClock();
  if (!rows[0]) throw new Error('PostgreSQL returned no time');
  const database = rows[0].now;
  const databaseMs = database.getTime();
  return {
    database,
    earlier: new Date(Math.min(databaseMs, beforeMs)),
    differenceMs: databaseMs - Math.min(Math.max(databaseMs, beforeMs), afterMs),
  };
}
