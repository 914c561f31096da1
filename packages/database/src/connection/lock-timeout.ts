import { isNativeError } from 'node:util/types';
import type pg from 'pg';
import { retryTransient } from './transient.js';

/**
 * Maximum wait for an exclusive lock, in milliseconds: every statement on the table queues behind the waiting one. Shorter than
 * PostgreSQL's deadlock_timeout, so in a deadlock it is always this statement that fails.
 */
const LOCK_TIMEOUT_MS = 200;

/** About five seconds, including the pauses between attempts. */
const MAX_ATTEMPTS = 6;

const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';

/**
 * Runs statements that need an exclusive lock on a table, as one transaction and one message. Blocks others for a moment at
 * most: behind a slow query, the lock times out and the statements are retried. Returns the rows of the last statement.
 * @throws an error that `isLockTimeout` accepts, if every attempt or a statement_timeout of the statements timed out
 */
export async function withLockTimeout<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statements: string,
): Promise<Row[]> {
  let attempts = 0;
  const shouldRetry = (error: unknown): boolean =>
    codeOf(error) === LOCK_NOT_AVAILABLE && (attempts += 1) < MAX_ATTEMPTS;
  return retryTransient(
    async () => {
      const results: unknown = await pool.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; ${statements}`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- pg returns one result per statement
      return (results as pg.QueryResult<Row>[]).at(-1)?.rows ?? [];
    },
    { shouldRetry },
  );
}

/** Returns whether a statement exceeded its lock_timeout or statement_timeout. */
export function isLockTimeout(error: unknown): boolean {
  const code = codeOf(error);
  return code === LOCK_NOT_AVAILABLE || code === QUERY_CANCELED;
}

const codeOf = (error: unknown): unknown =>
  isNativeError(error) && 'code' in error ? error.code : undefined;
