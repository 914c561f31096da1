import type pg from 'pg';

/** Maximum number of rows per statement. */
const CHUNK = 5000;

/** Entries leave in the order of the chain. The last one that left stays as the place from which the chain is checked. */
const DROP = `
WITH start AS MATERIALIZED (
  SELECT dropped_number AS number FROM audit_chain FOR UPDATE
), oldest AS MATERIALIZED (
  SELECT id, number, hash FROM audit_entry WHERE number > (SELECT number FROM start) ORDER BY number LIMIT ${CHUNK}
), expired AS MATERIALIZED (
  SELECT number, hash FROM oldest
  WHERE number < coalesce((SELECT min(number) FROM oldest WHERE id >= posthorn_uuid_floor($1::timestamptz)), ${Number.MAX_SAFE_INTEGER})
), moved AS (
  UPDATE audit_chain SET dropped_number = e.number, dropped_hash = e.hash
  FROM (SELECT * FROM expired ORDER BY number DESC LIMIT 1) e
)
DELETE FROM audit_entry WHERE number IN (SELECT number FROM expired)`;

/** Deletes the entries of the audit log from before `cutoff`. One that is not in the chain yet leaves later. Returns their number. */
export async function dropAuditEntries(pool: pg.Pool, cutoff: Date): Promise<number> {
  for (let dropped = 0; ;) {
    const { rowCount } = await pool.query(DROP, [cutoff]);
    dropped += rowCount ?? 0;
    if ((rowCount ?? 0) < CHUNK) return dropped;
  }
}
