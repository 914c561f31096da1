import type pg from 'pg';

/** Maximum number of payloads that one statement looks at. */
const CHUNK = 500;

/** Before the smallest id. */
const START = '00000000-0000-0000-0000-000000000000';

/** What a run has done. */
interface SettledPayloads {
  deleted: number;
  /** Where the next run continues. Null: from the start. */
  after: string | null;
}

/**
 * Deletes payloads that were kept until all deliveries of their events are settled, and are. Goes through the table in the order of ids,
 * for at most `maxMs`.
 */
export async function deleteSettledPayloads(
  pool: pg.Pool,
  { after, maxMs }: { after: string | null; maxMs: number },
): Promise<SettledPayloads> {
  const endsAtMs = performance.now() + maxMs;
  let position: string | null = after ?? START;
  let deleted = 0;
  while (position !== null && performance.now() < endsAtMs) {
    const { rows }: pg.QueryResult<{ last: string | null; deleted: number }> = await pool.query(
      'SELECT last, deleted FROM posthorn_delete_settled_payloads($1, $2)',
      [position, CHUNK],
    );
    deleted += rows[0]?.deleted ?? 0;
    position = rows[0]?.last ?? null;
  }
  return { deleted, after: position };
}
