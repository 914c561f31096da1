import type pg from 'pg';

/** Notices that could not be sent for so long are dropped. */
const MAX_AGE = `interval '3 days'`;

const EXPIRE = `DELETE FROM notice WHERE created_at < now() - ${MAX_AGE}`;

/** Deletes notices that could not be sent for 3 days. Returns how many. */
export async function expireNotices(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(EXPIRE);
  return rowCount ?? 0;
}
