import type { Connection } from './transaction.js';

/** Rejects if PostgreSQL does not respond. */
export const ping = (connection: Connection): Promise<unknown> => connection.query('SELECT 1');

/** Returns the time of the database. The clocks of processes differ. */
export async function readTime(connection: Connection): Promise<Date> {
  const { rows } = await connection.query<{ now: Date }>('SELECT now() AS now');
  const [row] = rows;
  if (!row) throw new Error('PostgreSQL returned no time');
  return row.now;
}
