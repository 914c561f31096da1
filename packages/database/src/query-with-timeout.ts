import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { CANCEL_GRACE_MS } from './connect.js';

/** Runs a statement with another timeout than that of the pool, in a transaction of its own. */
export async function queryWithTimeout<Row extends QueryResultRow>(
  pool: Pool,
  statement: QueryConfig,
  timeoutMs: number,
): Promise<QueryResult<Row>> {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}`);
    const withTimeout: QueryConfig & { query_timeout: number } = {
      ...statement,
      query_timeout: timeoutMs + CANCEL_GRACE_MS,
    };
    const result = await client.query<Row>(withTimeout);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // Closes the connection, which ends the transaction.
    client.release(true);
    throw error;
  }
}
