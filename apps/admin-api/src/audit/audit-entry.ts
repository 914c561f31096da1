import { type AuditEntryResponse, isJsonObject } from '@posthorn/contract';
import { type AuditAction, encodeAuditTarget, encodeId } from '@posthorn/core';
import type { AuditEntry } from '@posthorn/database/audit/prisma';

/** A caller that sees only one tenant, and therefore not who the operators are. */
export interface TenantViewer {
  tenantId: string;
  /** The keys of the tenant. */
  ownKeyIds: ReadonlySet<string>;
}

interface AuditEntryView {
  /** Null for a caller that sees all tenants. */
  viewer: TenantViewer | null;
  targetName: string | null;
}

/** Serializes an entry of the audit log. */
export function serializeAuditEntry(
  entry: AuditEntry,
  { viewer, targetName }: AuditEntryView,
): AuditEntryResponse {
  const { tenantId } = entry;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only Posthorn writes this column
  const action = entry.action as AuditAction;
  return {
    id: encodeId('auditEntry', entry.id),
    ...(viewer === null ? placeOf(entry) : { number: null, hash: null }),
    tenantId: tenantId === null ? null : encodeId('tenant', tenantId),
    action,
    target: encodeAuditTarget(entry),
    targetName,
    before: fields(entry.before, { action, viewer }),
    after: fields(entry.after, { action, viewer }),
    ...origin(entry, viewer),
    createdAt: entry.createdAt.toISOString(),
  };
}

/** Returns the place in the chain of all tenants. */
const placeOf = ({ number, hash }: AuditEntry) => ({
  number: number === null ? null : Number(number),
  hash: hash && Buffer.from(hash).toString('hex'),
});

/** Returns who made a change, and from where. */
function origin(
  { actorName, actorTenantId, requestId, clientAddress, ...entry }: AuditEntry,
  viewer: TenantViewer | null,
): Pick<AuditEntryResponse, 'actor' | 'requestId' | 'clientAddress'> {
  const portalLinkId = entry.actorLinkId && encodeId('apiKey', entry.actorLinkId);
  if (viewer === null || !isOperator(entry, viewer)) {
    const keyId = entry.actorKeyId && encodeId('apiKey', entry.actorKeyId);
    const personId = entry.actorPersonId && encodeId('person', entry.actorPersonId);
    const sessionId = entry.actorSessionId && encodeId('apiKey', entry.actorSessionId);
    return { actor: { keyId, personId, sessionId, portalLinkId, name: actorName }, requestId, clientAddress };
  }
  // The entry names the operator that created the link.
  if (actorTenantId === viewer.tenantId)
    return {
      actor: { keyId: null, personId: null, sessionId: null, portalLinkId, name: 'portal link' },
      requestId,
      clientAddress,
    };
  return {
    actor: { keyId: null, personId: null, sessionId: null, portalLinkId: null, name: 'operator' },
    requestId: null,
    clientAddress: null,
  };
}

/** Returns whether the actor is neither a key of the tenant nor Posthorn itself. People are operators. */
const isOperator = (
  { actorKeyId, actorPersonId }: Pick<AuditEntry, 'actorKeyId' | 'actorPersonId'>,
  { ownKeyIds }: TenantViewer,
): boolean => actorPersonId !== null || (actorKeyId !== null && !ownKeyIds.has(actorKeyId));

/** Settings of webhooks and tenants that only operators see. */
const OPERATOR_FIELDS = ['shadow', 'proxy'];
const TENANT_FIELDS = [...OPERATOR_FIELDS, 'tags', 'metadata', 'privateNetworks'];

/** Narrows `before` and `after` to an object or null, without what tenants do not see: also whether a webhook is a shadow. */
function fields(
  value: AuditEntry['before'],
  { action, viewer }: { action: AuditAction; viewer: TenantViewer | null },
): Record<string, unknown> | null {
  if (!isJsonObject(value)) return null;
  if (viewer === null) return value;
  const hidden = action.startsWith('tenant.') ? TENANT_FIELDS : OPERATOR_FIELDS;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !hidden.includes(name)));
}
