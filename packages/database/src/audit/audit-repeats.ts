import { createHash } from 'node:crypto';
import { type Actor, newId } from '@posthorn/core';
import type pg from 'pg';
import type { AuditRecord } from './audit.js';
import { actorSql, actorValues } from './insert-audit-entries.js';

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

/** The statement returns a row for the first action of the period. */
const record = (isCounted: boolean): string => `
WITH counted AS (
  INSERT INTO audit_repeat AS r (key, entry_id, ends_at) VALUES ($1, $2::uuid, $3::timestamptz)
  ON CONFLICT (key) DO ${isCounted ? 'UPDATE SET count = r.count + 1' : 'NOTHING'} RETURNING entry_id
)
INSERT INTO audit_entry (
  id, tenant_id, actor_key_id, actor_person_id, actor_name, actor_tenant_id, actor_link_id, actor_session_id, action, target, before, after,
  request_id, client_address
)
SELECT entry_id, $4::uuid, ${actor.keyId}, ${actor.personId}, ${actor.name}, ${actor.tenantId}, ${actor.linkId}, ${actor.sessionId},
  $5::text, $6::text, $7::jsonb, $8::jsonb, ${actor.requestId}, ${actor.clientAddress}
FROM counted WHERE entry_id = $2::uuid`;

const actor = actorSql(9);
const COUNTED = record(true);
const ONCE = record(false);

/** Returns the statement that records a repeated action. It may be part of the transaction of the change. */
export function recordRepeated(
  {
    record: { tenantId, action, target, before, after },
    actor: maker,
    sameness,
    periodMs,
    isCounted,
  }: RepeatedAction,
  now = Date.now(),
): { text: string; values: unknown[] } {
  const period = Math.floor(now / periodMs);
  const key = createHash('sha256')
    .update(JSON.stringify([action, period, ...sameness]))
    .digest();
  return {
    text: isCounted ? COUNTED : ONCE,
    values: [
      key,
      newId(),
      new Date((period + 1) * periodMs),
      tenantId,
      action,
      target,
      before && JSON.stringify(before),
      after && JSON.stringify(after),
      ...actorValues(maker),
    ],
  };
}

/** Only a failed sign-in is the same if it comes from the same address. */
const CLOSE = `
WITH ended AS (
  DELETE FROM audit_repeat WHERE key = ANY (ARRAY(
    SELECT key FROM audit_repeat WHERE ends_at <= now() ORDER BY ends_at LIMIT $1 FOR UPDATE SKIP LOCKED
  )) RETURNING entry_id, count
), closed AS (
  INSERT INTO audit_entry (
    id, tenant_id, actor_key_id, actor_person_id, actor_name, actor_tenant_id, actor_link_id, action, target, after, client_address
  )
  SELECT posthorn_uuidv7(), e.tenant_id, e.actor_key_id, e.actor_person_id, e.actor_name, e.actor_tenant_id, e.actor_link_id, e.action, e.target,
    coalesce(e.after, '{}') || jsonb_build_object('count', ended.count), CASE WHEN e.action = 'sign_in.failed' THEN e.client_address END
  FROM ended JOIN audit_entry e ON e.id = ended.entry_id WHERE ended.count > 0
)
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
