import { type Actor, SYSTEM } from '@posthorn/core';
import type { Pool } from 'pg';
import { actorSql, actorValues, insertAuditEntries } from '../access/insert-audit-entries.js';

/** The target of the audit entries. */
const TARGET = `'database'`;

const COMPLETE_HISTORY = `
UPDATE setting SET value = posthorn_history()
WHERE key = 'history' AND NOT EXISTS (SELECT FROM setting WHERE key = 'quarantined_at')`;

/** Records that the present history of the database is complete, unless the database is quarantined. */
export async function completeHistory(pool: Pool): Promise<void> {
  await pool.query(COMPLETE_HISTORY);
}

/** Why a database is quarantined: Redis knows more erasures, or the history has changed and Redis does not know how many there were. */
export type QuarantineReason = 'erasures_lost' | 'erasures_unknown';

const QUARANTINE = `
WITH quarantined AS (
  INSERT INTO setting (key, value) SELECT 'quarantined_at', now()::text
  -- An erasure may have been committed, and counted in Redis, since the number was read.
  WHERE $2::bigint IS NULL OR $2 > (SELECT value::bigint FROM setting WHERE key = 'erasure_count')
  ON CONFLICT (key) DO NOTHING
  RETURNING ${TARGET} AS id, NULL::uuid AS tenant_id
), audited AS (${insertAuditEntries('quarantine.started', {
  from: 'quarantined',
  after: `jsonb_build_object('reason', $1::text)`,
})}
)
SELECT FROM quarantined`;

/**
 * Quarantines the database until it is released. Returns false if it is quarantined already, or knows as many erasures as Redis by now.
 * @param known the number of erasures that Redis knows; null for any
 */
export async function quarantineDatabase(
  pool: Pool,
  reason: QuarantineReason,
  known: number | null = null,
): Promise<boolean> {
  return (await pool.query(QUARANTINE, [reason, known])).rowCount === 1;
}

const RELEASE = `
WITH released AS (
  DELETE FROM setting WHERE key = 'quarantined_at' RETURNING ${TARGET} AS id, NULL::uuid AS tenant_id, value
), counted AS (
  UPDATE setting SET value = greatest(value::bigint, $1::bigint) WHERE key = 'erasure_count' AND EXISTS (SELECT FROM released)
), completed AS (
  UPDATE setting SET value = posthorn_history() WHERE key = 'history' AND EXISTS (SELECT FROM released)
), audited AS (${insertAuditEntries('quarantine.released', {
  from: 'released',
  after: `jsonb_build_object('quarantinedAt', value::timestamptz)`,
  actor: actorSql(2),
})}
)
SELECT FROM released`;

export interface QuarantineRelease {
  /** The number of erasures that Redis knows; 0 if it knows none. The database counts as many from now on. */
  erasureCount: number;
  actor?: Actor;
}

/** Releases the database. Returns whether it was quarantined. */
export async function releaseDatabase(
  pool: Pool,
  { erasureCount, actor = SYSTEM }: QuarantineRelease,
): Promise<boolean> {
  return (await pool.query(RELEASE, [erasureCount, ...actorValues(actor)])).rowCount === 1;
}

/** Returns how many erasures are running. */
export async function countRunningErasures(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::float8 AS count FROM erasure WHERE status = 'running'`,
  );
  return rows[0]?.count ?? 0;
}
