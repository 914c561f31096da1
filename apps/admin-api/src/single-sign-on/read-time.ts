import type { SingleSignOnDeps } from './deps.js';

/** Returns the time of the database. The clocks of processes differ. */
export async function readTime({ pool }: Pick<SingleSignOnDeps, 'pool'>): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>('SELECT now() AS now');
  const [row] = rows;
  if (!row) throw new Error('PostgreSQL returned no time');
  return row.now;
}
