import type pg from 'pg';
import { CANCEL_GRACE_MS } from './statement-timeouts.js';

/** A connection with an open transaction. */
export type Transaction = pg.PoolClient;

/** A pool, or one of its connections. */
export type Connection = Pick<pg.Pool, 'query'>;

/**
 * PostgreSQL ends a transaction whose process sends nothing for this time, in milliseconds: its process is frozen or cut off, and others
 * wait for its locks.
 */
const IDLE_TIMEOUT_MS = 2000;

/** Longest wait for a lock, in milliseconds: the waiting transaction may hold other locks. */
const LOCK_TIMEOUT_MS = 3000;

interface TransactionLimits {
  /** 0 for none. */
  statementTimeoutMs: number;
  lockTimeoutMs?: number;
}

/**
 * Returns the statements that begin a transaction with its time limits, in one message. The limits belong to the transaction, so they also
 * apply behind a pooler.
 */
export function beginStatements({
  statementTimeoutMs,
  lockTimeoutMs = LOCK_TIMEOUT_MS,
}: TransactionLimits): string {
  const limits = [
    `idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`,
    `lock_timeout = ${lockTimeoutMs}`,
    `statement_timeout = ${Math.ceil(statementTimeoutMs)}`,
  ];
  return ['BEGIN', ...limits.map((limit) => `SET LOCAL ${limit}`)].join('; ');
}

/** Returns the statement timeout of a pool, in milliseconds. */
export const statementTimeoutOf = ({ options }: pg.Pool): number =>
  Math.max((options.query_timeout ?? 0) - CANCEL_GRACE_MS, 0);

const ignore = (): void => {};

interface TransactionOptions {
  /** The timeout of its statements, in milliseconds. Default: the timeout of the pool. */
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
  { statementTimeoutMs = statementTimeoutOf(pool) }: TransactionOptions = {},
): Promise<T> {
  const client = await pool.connect();
  let failure: Error | boolean = false;
  // If the idle connection is cut while `work` runs, COMMIT fails. Unhandled, the 'error' event would terminate the process.
  client.on('error', ignore);
  try {
    await client.query(beginStatements({ statementTimeoutMs }));
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
