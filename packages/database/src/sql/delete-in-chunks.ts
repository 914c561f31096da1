import type pg from 'pg';

/** Rows of one statement, so that no lock is held for long. */
export const CHUNK = 5000;

/** Runs a DELETE that takes at most `CHUNK` rows until nothing is left for it, and answers how many rows went. */
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
