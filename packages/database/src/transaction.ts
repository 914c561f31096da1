import type pg from 'pg';
import { CANCEL_GRACE_MS } from './statement-timeouts.js';

/** A connection with an open transaction. */
export type Transaction = pg.PoolClient;

/**
 * PostgreSQL ends a transaction whose process sends nothing for this time, in milliseconds: its process is frozen or cut off, and others
 * wait for its locks.
 */
const IDLE_TIMEOUT_MS = 2000;

/** Longest wait for a lock, in milliseconds: the waiting transaction may hold other locks. */
const LOCK_TIMEOUT_MS = 3000;

/**
 * Returns the statements that begin a transaction with its time limits, in one message. The limits belong to the transaction, so they also
 * apply behind a pooler.
 * @param statementTimeoutMs default: that of the pool
 */
export function beginStatements({ options }: pg.Pool, statementTimeoutMs?: number): string {
  const timeoutMs = statementTimeoutMs ?? (options.query_timeout ?? 0) - CANCEL_GRACE_MS;
  const limits = [
    `idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`,
    `lock_timeout = ${LOCK_TIMEOUT_MS}`,
    `statement_timeout = ${Math.max(Math.ceil(timeoutMs), 0)}`,
  ];
  return ['BEGIN', ...limits.map((limit) => `SET LOCAL ${limit}`)].join('; ');
}

const ignore = (): void => {};

export interface TransactionOptions {
  /** The timeout of its statements, in milliseconds. Default: that of the pool. */
  statementTimeoutMs?: number;
}

/**
 * Runs `work` in a transaction, and commits it unless `work` throws. `work` must not wait for anything but PostgreSQL: the transaction
 * holds locks.
 * @throws a transient error if PostgreSQL has ended the transaction, because this process was frozen or cut off
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
  { statementTimeoutMs }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  let failure: Error | boolean = false;
  // If the idle connection is cut while `work` runs, COMMIT fails. Unhandled, the 'error' event would terminate the process.
  client.on('error', ignore);
  try {
    await client.query(beginStatements(pool, statementTimeoutMs));
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failure = error instanceof Error ? error : true;
    throw error;
  } finally {
    // Destroys a connection whose transaction failed, which also releases its locks.
    client.off('error', ignore);
    client.release(failure);
  }
}
