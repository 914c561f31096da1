import type pg from 'pg';

/** Notices that could not be sent for so long are dropped. */
const MAX_AGE = `interval '3 days'`;

const EXPIRE = `DELETE FROM notice WHERE created_at < least($1::timestamptz, now()) - ${MAX_AGE}`;

/** Deletes notices that could not be sent for 3 days, by the clocks of PostgreSQL and of this process (`now`). Returns how many. */
export async function expireNotices(pool: pg.Pool, now: Date): Promise<number> {
  const { rowCount } = await pool.query(EXPIRE, [now]);
  return rowCount ?? 0;
}
