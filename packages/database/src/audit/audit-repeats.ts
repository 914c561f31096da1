import { createHash } from 'node:crypto';
import type { Actor } from '@posthorn/core';
import type pg from 'pg';
import { actorOf, type AuditRecord, insertEntries, recordSql, recordValues } from './insert-audit-entries.js';

/** An action that is repeated by the same actor, and has one entry for the period. */
interface RepeatedAction {
  record: AuditRecord;
  actor: Actor;
  /** What makes two actions the same. */
  sameness: readonly unknown[];
  periodMs: number;
  /** The others of the period are counted, in an entry after its end. */
  isCounted: boolean;
}

const RECORD = recordSql(3);

/** Inserts an entry for the first action of the period. */
const recordFirst = (isCounted: boolean): string => `
WITH counted AS (
  INSERT INTO audit_repeat AS r (key, entry_id, ends_at) VALUES ($1, ${RECORD.id}, $2::timestamptz)
  ON CONFLICT (key) DO ${isCounted ? 'UPDATE SET count = r.count + 1' : 'NOTHING'} RETURNING entry_id
)
${insertEntries({ ...RECORD, from: `counted WHERE entry_id = ${RECORD.id}` })}`;

const COUNTED = recordFirst(true);
const ONCE = recordFirst(false);

/** Returns the statement that records a repeated action. It may be part of the transaction of the change. */
export function recordRepeated(
  { record, actor, sameness, periodMs, isCounted }: RepeatedAction,
  now = Date.now(),
): { text: string; values: unknown[] } {
  const period = Math.floor(now / periodMs);
  const key = createHash('sha256')
    .update(JSON.stringify([record.action, period, ...sameness]))
    .digest();
  return {
    text: isCounted ? COUNTED : ONCE,
    values: [key, new Date((period + 1) * periodMs), ...recordValues(actor, record)],
  };
}

/** Only a failed sign-in is the same if it comes from the same address. */
const CLOSE = `
WITH ended AS (
  DELETE FROM audit_repeat WHERE key = ANY (ARRAY(
    SELECT key FROM audit_repeat WHERE ends_at <= now() ORDER BY ends_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )) RETURNING entry_id, count
), closed AS (${insertEntries({
  tenantId: 'e.tenant_id',
  action: 'e.action',
  target: 'e.target',
  after: `coalesce(e.after, '{}') || jsonb_build_object('count', ended.count)`,
  actor: {
    ...actorOf('e'),
    sessionId: 'NULL::uuid',
    requestId: 'NULL::text',
    clientAddress: `CASE WHEN e.action = 'sign_in.failed' THEN e.client_address END`,
  },
  from: 'ended JOIN audit_entry e ON e.id = ended.entry_id WHERE ended.count > 0',
})})
SELECT count(*)::integer AS count FROM ended`;

const BATCH = 1000;

/** Ends the periods that are over: records how often each action was repeated. */
export async function closeAuditRepeats(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ count: number }>(CLOSE, [BATCH]);
    if ((rows[0]?.count ?? 0) < BATCH) return;
  }
}

/** The condition that `closeAuditRepeats` or `chainAuditEntries` has work. */
export const AUDIT_IS_DUE = `EXISTS (SELECT FROM audit_entry WHERE number IS NULL) OR EXISTS (SELECT FROM audit_repeat WHERE ends_at <= now())`;
