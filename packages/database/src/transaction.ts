import type pg from 'pg';

/** A connection with an open transaction. */
export type Transaction = pg.PoolClient;

const ignore = (): void => {};

/** Runs `work` in a transaction, and commits it unless `work` throws. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  // If the idle connection is cut while `work` runs, COMMIT fails. Unhandled, the 'error' event would terminate the process.
  client.on('error', ignore);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = true;
    throw error;
  } finally {
    // Destroys a connection whose transaction failed, which also releases its locks.
    client.off('error', ignore);
    client.release(broken);
  }
}
