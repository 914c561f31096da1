import type pg from 'pg';

/** Maximum number of rows per statement. Keeps locks short. */
export const CHUNK = 5000;

/** Runs a DELETE limited to `CHUNK` rows until nothing is left to delete. Returns the number of deleted rows. */
export async function deleteInChunks(
  pool: pg.Pool,
  statement: string,
  values: unknown[] = [],
): Promise<number> {
  for (let deleted = 0; ;) {
    const { rowCount } = await pool.query(statement, values);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < CHUNK) return deleted;
  }
}
