import { isNativeError } from 'node:util/types';
import type pg from 'pg';
import { retryTransient } from '../transient.js';

/**
 * Longest wait for a lock that excludes everybody, in milliseconds: whoever comes after queues behind it. Less than
 * PostgreSQL's deadlock_timeout, so that it is always the one who gives way.
 */
const LOCK_TIMEOUT_MS = 200;

/** About five seconds with the pauses between them. */
const MAX_TRIES = 6;

const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';

/**
 * Runs statements that need a table for themselves, as one transaction and one message, without making others wait
 * longer than a moment: behind a slow query it gives up, and tries again a little later. Answers the rows of the last.
 * @throws Error that `isLockTimeout` when it waited in vain each time, or ran into a statement_timeout of its own
 */
export async function withLockTimeout<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statements: string,
): Promise<Row[]> {
  let tries = 0;
  const shouldRetry = (error: unknown): boolean =>
    codeOf(error) === LOCK_NOT_AVAILABLE && (tries += 1) < MAX_TRIES;
  return retryTransient(
    async () => {
      const results: unknown = await pool.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; ${statements}`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- several statements are answered one by one
      return (results as pg.QueryResult<Row>[]).at(-1)?.rows ?? [];
    },
    { shouldRetry },
  );
}

/** Whether a statement ended at its lock_timeout or its statement_timeout. */
export function isLockTimeout(error: unknown): boolean {
  const code = codeOf(error);
  return code === LOCK_NOT_AVAILABLE || code === QUERY_CANCELED;
}

const codeOf = (error: unknown): unknown =>
  isNativeError(error) && 'code' in error ? error.code : undefined;
