import type pg from 'pg';

/** Tasks that at most one process of the installation runs at a time. */
export const LOCKS = {
  reconcile: 1,
  maintenance: 2,
  promote: 3,
  release: 4,
  replay: 5,
  publishOperationalEvents: 6,
  autoSuspend: 7,
  stats: 8,
} as const;

/** The classid of Posthorn's advisory locks, "post" in ASCII. Avoids collisions with other users of the database. */
const LOCK_CLASS = 0x706f7374;

const ignore = (): void => {};

/** A connection with an open transaction. */
export type Transaction = pg.PoolClient;

/**
 * Runs `work` unless another process holds the lock, and returns whether it ran. The lock belongs to the transaction that is
 * passed to `work`, so it also works through a pooler and is released when the process dies.
 */
export async function withLock(
  pool: pg.Pool,
  lock: keyof typeof LOCKS,
  work: (transaction: Transaction) => Promise<void>,
): Promise<boolean> {
  const client = await pool.connect();
  let broken = false;
  // If the idle connection is cut while `work` runs, COMMIT fails. Unhandled, the 'error' event would terminate the process.
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
    // Destroys a connection whose transaction failed, which also releases the lock.
    client.off('error', ignore);
    client.release(broken);
  }
}
