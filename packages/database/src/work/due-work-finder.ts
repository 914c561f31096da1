import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';

/**
 * Returns a function that finds the kinds of work that are due, in one statement.
 * @param conditions the SQL condition of each kind
 */
export function createDueWorkFinder(
  pool: pg.Pool,
  conditions: Readonly<Record<string, string>>,
): () => Promise<ReadonlySet<string>> {
  const kinds = Object.keys(conditions);
  const columns = Object.entries(conditions).map(([kind, condition]) => `${condition} AS "${kind}"`);
  const statement = preparedStatement(pool, 'find_due_work', `SELECT ${columns.join(',\n  ')}`, []);
  return async () => {
    const { rows } = await pool.query<Record<string, boolean>>(statement);
    return new Set(kinds.filter((kind) => rows[0]?.[kind]));
  };
}
