import type pg from 'pg';
import { addCounts, type RunningErasure } from './erasure.js';

/** Idempotency keys that one statement reads. */
const PAGE = 10_000;

/** A key may be in both generations, so that a page ends with the last of equal ones. */
const ERASE = `
WITH page AS MATERIALIZED (
  SELECT key, event_id FROM event_idempotency WHERE tenant_id = $2 AND key > $3 ORDER BY key FETCH FIRST ${PAGE} ROWS WITH TIES
), removed AS (
  DELETE FROM event_idempotency k USING page p
  WHERE p.event_id = ANY ($4::uuid[]) AND k.tenant_id = $2 AND k.key = p.key AND k.event_id = p.event_id
  RETURNING 1
), counted AS (
  UPDATE erasure SET ${addCounts({ idempotencyKeys: 'removed' })} WHERE id = $1
)
SELECT max(key) AS last FROM page`;

/** Erases the idempotency keys of events whose payload, which names the key, has expired: reads all keys of the tenant. */
export async function eraseKeysOf(
  pool: pg.Pool,
  { id, tenantId }: Pick<RunningErasure, 'id' | 'tenantId'>,
  eventIds: readonly string[],
): Promise<void> {
  let position: string | null = eventIds.length > 0 ? '' : null;
  while (position !== null) {
    const { rows }: pg.QueryResult<{ last: string | null }> = await pool.query(ERASE, [
      id,
      tenantId,
      position,
      eventIds,
    ]);
    position = rows[0]?.last ?? null;
  }
}
