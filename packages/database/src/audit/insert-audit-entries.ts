import { type Actor, type AuditAction, newId } from '@posthorn/core';

/** The fields of a resource as JSON values, without secrets. */
export type AuditSnapshot = Record<string, unknown>;

export interface AuditRecord {
  action: AuditAction;
  /** Null if the change concerns all tenants. */
  tenantId: string | null;
  /** A UUID, or the name of an event type. */
  target: string;
  /** Null if the target was created. */
  before: AuditSnapshot | null;
  /** Null if the target was deleted. */
  after: AuditSnapshot | null;
}

/** The columns of an actor and their types, in the order of their parameters. */
const ACTOR = [
  ['keyId', 'actor_key_id', 'uuid'],
  ['personId', 'actor_person_id', 'uuid'],
  ['name', 'actor_name', 'text'],
  ['tenantId', 'actor_tenant_id', 'uuid'],
  ['linkId', 'actor_link_id', 'uuid'],
  ['sessionId', 'actor_session_id', 'uuid'],
  ['requestId', 'request_id', 'text'],
  ['clientAddress', 'client_address', 'text'],
] as const satisfies [keyof Actor, string, string][];

/** SQL expressions of an actor: parameters, columns or literals. Absent ones are NULL. */
type ActorSql = Partial<Record<keyof Actor, string>>;

/** An operator with access to the database. */
export const OPERATOR_SQL: ActorSql = { name: `'operator'` };

/** Returns an actor as eight parameters, `$first` and those after it. `actorValues` returns their values. */
export const actorSql = (first: number): ActorSql =>
  Object.fromEntries(ACTOR.map(([member, , type], index) => [member, `$${first + index}::${type}`]));

export const actorValues = (actor: Actor): (string | null)[] => ACTOR.map(([member]) => actor[member]);

/** Returns the actor of an entry, a row of `audit_entry`. */
export const actorOf = (entry: string): ActorSql =>
  Object.fromEntries(ACTOR.map(([member, column]) => [member, `${entry}.${column}`]));

/** SQL expressions of audit entries. */
interface EntriesSql {
  id?: string;
  tenantId?: string;
  action: string;
  target?: string;
  before?: string;
  after: string;
  actor?: ActorSql;
  /** What follows FROM: there is an entry for each row. Without it, there is one entry. */
  from?: string;
}

/** Returns SQL that inserts audit entries. */
export const insertEntries = ({
  id = 'posthorn_uuidv7()',
  tenantId = 'tenant_id',
  action,
  target = 'id::text',
  before = 'NULL::jsonb',
  after,
  actor = { name: `'system'` },
  from,
}: EntriesSql): string => `
  INSERT INTO audit_entry (id, tenant_id, action, target, before, after, ${ACTOR.map(([, column]) => column).join(', ')})
  SELECT ${id}, ${tenantId}, ${action}, ${target}, ${before}, ${after},
    ${ACTOR.map(([member, , type]) => actor[member] ?? `NULL::${type}`).join(', ')}
  ${from === undefined ? '' : `FROM ${from}`}`;

/**
 * Returns SQL that inserts an audit entry for each row of `from`, to be part of the statement that makes the change. Rows
 * need an `id`, the target, and a `tenant_id`. `before` and `after` are jsonb expressions.
 */
export const insertAuditEntries = (
  action: AuditAction,
  entries: Pick<EntriesSql, 'before' | 'after' | 'actor'> & { from: string },
): string => insertEntries({ ...entries, action: `'${action}'` });

/** Returns a record and its actor as fourteen parameters, `$first` and those after it. `recordValues` returns their values. */
export const recordSql = (first: number) =>
  ({
    id: `$${first}::uuid`,
    tenantId: `$${first + 1}::uuid`,
    action: `$${first + 2}::text`,
    target: `$${first + 3}::text`,
    before: `$${first + 4}::jsonb`,
    after: `$${first + 5}::jsonb`,
    actor: actorSql(first + 6),
  }) satisfies EntriesSql;

/** Ids are created in this process, where they have an order: entries of one transaction are chained and listed by it. */
export const recordValues = (actor: Actor, { tenantId, action, target, before, after }: AuditRecord) => [
  newId(),
  tenantId,
  action,
  target,
  before && JSON.stringify(before),
  after && JSON.stringify(after),
  ...actorValues(actor),
];
