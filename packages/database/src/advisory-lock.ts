import type pg from 'pg';
import { inTransaction, type Transaction } from './transaction.js';

/** Tasks that at most one process of the installation runs at a time. */
export const LOCKS = {
  maintenance: 2,
  publishOperationalEvents: 6,
  autoSuspend: 7,
  stats: 8,
  dropPending: 9,
} as const;

/** The classid of Posthorn's advisory locks, "post" in ASCII. Avoids collisions with other users of the database. */
const LOCK_CLASS = 0x706f7374;

/**
 * Runs `work` unless another process holds the lock, and returns whether it ran. The lock belongs to the transaction that is
 * passed to `work`, so it also works through a pooler and is released when the process dies.
 */
export async function withLock(
  pool: pg.Pool,
  lock: keyof typeof LOCKS,
  work: (transaction: Transaction) => Promise<void>,
): Promise<boolean> {
  return inTransaction(pool, async (transaction) => {
    const { rows } = await transaction.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1, $2) AS locked',
      [LOCK_CLASS, LOCKS[lock]],
    );
    if (rows[0]?.locked) await work(transaction);
    return rows[0]?.locked ?? false;
  });
}
