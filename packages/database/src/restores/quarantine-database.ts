import { type Actor, SYSTEM } from '@posthorn/core';
import type { Pool } from 'pg';
import { actorSql, actorValues, insertAuditEntries } from '../audit/insert-audit-entries.js';
import type { RestoreFacts } from './restore-facts.js';

/** The target of the audit entries. */
const TARGET = `'database'`;

const COMPLETE_HISTORY = `
UPDATE setting SET value = $1
WHERE key = 'history' AND value IN ($1, $2) AND posthorn_history() = $1
  AND NOT EXISTS (SELECT FROM setting WHERE key = 'quarantined_at')`;

/**
 * Records that the history of the database is complete. Returns false if the database is quarantined, or its history is no longer the one
 * that was found to be complete, as after a restore.
 */
export async function completeHistory(
  pool: Pool,
  { history, completeHistory: previous }: Pick<RestoreFacts, 'history' | 'completeHistory'>,
): Promise<boolean> {
  return (await pool.query(COMPLETE_HISTORY, [history, previous])).rowCount === 1;
}

/** Why a database is quarantined: Redis knows more erasures, or the history has changed and Redis does not know how many there were. */
export type QuarantineReason = 'erasures_lost' | 'erasures_unknown';

const QUARANTINE = `
WITH quarantined AS (
  INSERT INTO setting (key, value) SELECT 'quarantined_at', now()::text
  -- Since this was read, an erasure may have been committed and counted in Redis, or an operator may have released the database.
  WHERE CASE $1 WHEN 'erasures_lost' THEN $2::bigint > (SELECT value::bigint FROM setting WHERE key = 'erasure_count')
    ELSE posthorn_history() IS DISTINCT FROM (SELECT value FROM setting WHERE key = 'history') END
  ON CONFLICT (key) DO NOTHING
  RETURNING ${TARGET} AS id, NULL::uuid AS tenant_id
), audited AS (${insertAuditEntries('quarantine.started', {
  from: 'quarantined',
  after: `jsonb_build_object('reason', $1::text)`,
})}
)
SELECT FROM quarantined`;

/**
 * Quarantines the database until it is released. Returns false if it is quarantined already, or the reason does not hold any more.
 * @param known the number of erasures that Redis knows
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

interface QuarantineRelease {
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
