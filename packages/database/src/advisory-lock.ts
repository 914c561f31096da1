import type pg from 'pg';

/** What at most one process in the whole installation does at a time. */
export const LOCKS = {
  reconcile: 1,
  maintain: 2,
  promote: 3,
  release: 4,
  replay: 5,
  publishOperationalEvents: 6,
  autoSuspend: 7,
  stats: 8,
} as const;

/** Classid of our advisory locks, "post" in ASCII, to keep clear of other users of the database. */
const LOCK_CLASS = 0x706f7374;

const ignore = (): void => {};

/** What is done through it is done when the transaction ends, or not at all. */
export type Transaction = pg.PoolClient;

/**
 * Runs `work` if no other process is at it, and answers whether it ran. The lock is held by a transaction, so it works
 * through a pooler and ends with the process.
 */
export async function withLock(
  pool: pg.Pool,
  lock: keyof typeof LOCKS,
  work: (transaction: Transaction) => Promise<void>,
): Promise<boolean> {
  const client = await pool.connect();
  let broken = false;
  // While `work` runs this connection may say nothing: if it is cut then, COMMIT fails, and the event must not end the process.
  client.on('error', ignore);
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1, $2) AS locked',
      [LOCK_CLASS, LOCKS[lock]],
    );
    if (rows[0]?.locked) await work(client);
    await client.query('COMMIT');
    return rows[0]?.locked ?? false;
  } catch (error) {
    broken = true;
    throw error;
  } finally {
    // A connection that failed in a transaction is not given back: closing it ends the lock.
    client.off('error', ignore);
    client.release(broken);
  }
}
