import { createHash } from 'node:crypto';
import type { AuditAction } from '@posthorn/core';

/** An audit entry as it is hashed. JSON is the text that PostgreSQL writes of a jsonb, which has one spelling. */
export interface AuditContent {
  id: string;
  number: string | null;
  tenantId: string | null;
  actorKeyId: string | null;
  actorPersonId: string | null;
  actorName: string;
  actorTenantId: string | null;
  actorLinkId: string | null;
  actorSessionId: string | null;
  action: string;
  target: string;
  before: string | null;
  after: string | null;
  requestId: string | null;
  clientAddress: string | null;
  createdAt: Date;
}

/** The columns of `AuditContent`. */
export const AUDIT_CONTENT = `id, number, tenant_id AS "tenantId", actor_key_id AS "actorKeyId", actor_person_id AS "actorPersonId",
  actor_name AS "actorName", actor_tenant_id AS "actorTenantId", actor_link_id AS "actorLinkId", actor_session_id AS "actorSessionId", action, target,
  before::text AS before, after::text AS after, request_id AS "requestId", client_address AS "clientAddress", created_at AS "createdAt"`;

/** What replaces names and addresses when a tenant is erased. */
export const ERASED_NAME = 'erased';

const sha256 = (...parts: (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** How the names of the actions on a kind of target begin. */
type ActionPrefix = AuditAction extends `${infer Kind}.${string}` ? `${Kind}.` : never;

/** The target is the address of a recipient. */
const ADDRESS_AS_TARGET: ActionPrefix = 'notification_recipient.';

/** Entries about erasures have counts and times, which stay. */
const KEPT_VALUES: ActionPrefix = 'erasure.';

const hasAddressAsTarget = ({ action }: AuditContent): boolean => action.startsWith(ADDRESS_AS_TARGET);

/** The name of a key of the tenant, which is erased with it. */
const hasNameOfTenant = ({ actorTenantId }: AuditContent): boolean => actorTenantId !== null;

const hasErasableValues = ({ action }: AuditContent): boolean => !action.startsWith(KEPT_VALUES);

/** The same conditions in SQL. @param action a column with the action after a prefix */
export const erasableSql = (action: string, prefix = '') => ({
  hasAddressAsTarget: `${action} LIKE '${prefix}${ADDRESS_AS_TARGET}%'`,
  hasErasableValues: `${action} NOT LIKE '${prefix}${KEPT_VALUES}%'`,
});

/** Returns the digest of what the erasure of a tenant removes. Without the salt, which leaves too, nobody can guess it. */
export function erasableDigest(entry: AuditContent, salt: Buffer): Buffer {
  const { target, actorName, clientAddress, before, after } = entry;
  const content = [
    hasAddressAsTarget(entry) ? target : null,
    hasNameOfTenant(entry) ? actorName : null,
    clientAddress,
    ...(hasErasableValues(entry) ? [before, after] : []),
  ];
  return sha256(salt, JSON.stringify(content));
}

/** Returns the hash of an entry: of the hash of the entry before, of the digest and of what is never erased. */
export function entryHash(entry: AuditContent, number: number, previous: Buffer, digest: Buffer): Buffer {
  const content = [
    number,
    entry.id,
    entry.createdAt.toISOString(),
    entry.tenantId,
    entry.actorKeyId,
    entry.actorPersonId,
    hasNameOfTenant(entry) ? null : entry.actorName,
    entry.actorTenantId,
    entry.actorLinkId,
    entry.actorSessionId,
    entry.action,
    hasAddressAsTarget(entry) ? null : entry.target,
    entry.requestId,
    ...(hasErasableValues(entry) ? [] : [entry.before, entry.after]),
  ];
  return sha256(previous, digest, JSON.stringify(content));
}

/** Returns whether an entry has nothing left that the erasure of a tenant removes. */
export const isErased = (entry: AuditContent): boolean =>
  entry.tenantId !== null &&
  entry.clientAddress === null &&
  (!hasAddressAsTarget(entry) || entry.target === ERASED_NAME) &&
  (!hasNameOfTenant(entry) || entry.actorName === ERASED_NAME) &&
  (!hasErasableValues(entry) || (hasNoValues(entry.before) && hasNoValues(entry.after)));

const hasNoValues = (json: string | null): boolean =>
  json === null || Object.values(JSON.parse(json)).every((value) => value === null);
