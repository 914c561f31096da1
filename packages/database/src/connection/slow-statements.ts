import type { Pool, QueryConfig, QueryResult } from 'pg';
import { queryWithTimeout } from './query-with-timeout.js';
import { isStatementTimeout } from './transient.js';

interface StatementTimeouts {
  statementTimeoutMs: number;
  slowStatementTimeoutMs: number;
}

/**
 * Makes a pool run a statement that has exceeded its timeout with a longer one, until it is fast again. The error is still thrown: the
 * caller repeats the statement. The short timeout detects a server that vanished without closing its connections. With it alone, a
 * statement that is slow for another reason would be repeated forever.
 */
export function allowSlowStatements(
  pool: Pool,
  { statementTimeoutMs, slowStatementTimeoutMs }: StatementTimeouts,
): void {
  const runFast: (config: QueryConfig) => Promise<QueryResult> = pool.query.bind(pool);
  const slow = new Set<string>();

  async function query(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult> {
    const config = typeof statement === 'string' ? { text: statement, values } : statement;
    const startedAtMs = performance.now();
    try {
      const result = slow.has(config.text)
        ? await queryWithTimeout(pool, config, slowStatementTimeoutMs)
        : await runFast(config);
      if (slow.size > 0 && performance.now() - startedAtMs < statementTimeoutMs) slow.delete(config.text);
      return result;
    } catch (error) {
      if (isStatementTimeout(error)) slow.add(config.text);
      throw error;
    }
  }
  Object.assign(pool, { query });
}
