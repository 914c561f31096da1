import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { CANCEL_GRACE_MS } from './statement-timeouts.js';
import { inTransaction } from './transaction.js';

/** Runs a statement with another timeout than the pool's, in a separate transaction. */
export function queryWithTimeout<Row extends QueryResultRow>(
  pool: Pool,
  statement: QueryConfig,
  timeoutMs: number,
): Promise<QueryResult<Row>> {
  const withTimeout: QueryConfig & { query_timeout: number } = {
    ...statement,
    query_timeout: timeoutMs + CANCEL_GRACE_MS,
  };
  return inTransaction(pool, (transaction) => transaction.query<Row>(withTimeout), {
    statementTimeoutMs: timeoutMs,
  });
}
