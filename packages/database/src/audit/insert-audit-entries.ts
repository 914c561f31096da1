import type { Actor, AuditAction } from '@posthorn/core';

/** SQL expressions of an actor: parameters or literals. */
interface ActorSql {
  keyId: string;
  personId: string;
  name: string;
  tenantId: string;
  linkId: string;
  sessionId: string;
  requestId: string;
  clientAddress: string;
}

const SYSTEM_SQL: ActorSql = {
  keyId: 'NULL::uuid',
  personId: 'NULL::uuid',
  name: `'system'`,
  tenantId: 'NULL::uuid',
  linkId: 'NULL::uuid',
  sessionId: 'NULL::uuid',
  requestId: 'NULL',
  clientAddress: 'NULL',
};

/** An operator with access to the database. */
export const OPERATOR_SQL: ActorSql = { ...SYSTEM_SQL, name: `'operator'` };

/** Returns an actor as eight parameters, `$first` and those after it. `actorValues` returns their values. */
export const actorSql = (first: number): ActorSql => ({
  keyId: `$${first}::uuid`,
  personId: `$${first + 1}::uuid`,
  name: `$${first + 2}::text`,
  tenantId: `$${first + 3}::uuid`,
  linkId: `$${first + 4}::uuid`,
  sessionId: `$${first + 5}::uuid`,
  requestId: `$${first + 6}::text`,
  clientAddress: `$${first + 7}::text`,
});

export const actorValues = ({
  keyId,
  personId,
  name,
  tenantId,
  linkId,
  sessionId,
  requestId,
  clientAddress,
}: Actor) => [keyId, personId, name, tenantId, linkId, sessionId, requestId, clientAddress];

/**
 * Returns SQL that inserts an audit entry for each row of `from`, to be part of the statement that makes the change. Rows
 * need an `id`, the target, and a `tenant_id`. `before` and `after` are jsonb expressions.
 */
export const insertAuditEntries = (
  action: AuditAction,
  {
    from,
    before = 'NULL::jsonb',
    after,
    actor = SYSTEM_SQL,
  }: { from: string; before?: string; after: string; actor?: ActorSql },
): string => `
  INSERT INTO audit_entry (
    id, tenant_id, actor_key_id, actor_person_id, actor_name, actor_tenant_id, actor_link_id, actor_session_id, action, target, before, after,
    request_id, client_address
  )
  SELECT posthorn_uuidv7(), tenant_id, ${actor.keyId}, ${actor.personId}, ${actor.name}, ${actor.tenantId}, ${actor.linkId},
    ${actor.sessionId}, '${action}', id::text, ${before}, ${after}, ${actor.requestId}, ${actor.clientAddress}
  FROM ${from}`;
