import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { idRange } from '../ids/id-range.js';

const FIND = `
SELECT id FROM pending_delivery WHERE id = ANY ($1::uuid[])
UNION ALL SELECT id FROM settled_delivery WHERE id = ANY ($1::uuid[]) AND id >= $2 AND id <= $3`;

/** Returns the deliveries that exist: other statements may not find them, because their rows are locked, or have moved meanwhile. */
export async function findExistingDeliveries(pool: pg.Pool, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await pool.query<{ id: string }>(
    preparedStatement(pool, 'find-existing-deliveries', FIND, [ids, ...idRange(ids)]),
  );
  return new Set(rows.map(({ id }) => id));
}
