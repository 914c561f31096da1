import { type AuditEntryResponse, isJsonObject } from '@posthorn/contract';
import { type AuditAction, encodeId, type IdKind } from '@posthorn/core';
import type { AuditEntry } from '@posthorn/database/prisma';

/** A caller that sees only one tenant, and therefore not who the operators are. */
export interface TenantViewer {
  tenantId: string;
  /** The keys of the tenant. */
  ownKeyIds: ReadonlySet<string>;
}

/** Kind of target by the first part of the action's name. */
const TARGETS: Record<string, IdKind> = {
  webhook: 'webhook',
  tenant: 'tenant',
  api_key: 'apiKey',
  session: 'apiKey',
  portal_link: 'apiKey',
  delivery: 'delivery',
  replay: 'replay',
  recovery: 'recovery',
};

export interface AuditEntryView {
  /** Null for a caller that sees all tenants. */
  viewer: TenantViewer | null;
  targetName: string | null;
}

/** Serializes an entry of the audit log. */
export function serializeAuditEntry(
  entry: AuditEntry,
  { viewer, targetName }: AuditEntryView,
): AuditEntryResponse {
  const { tenantId, target } = entry;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only Posthorn writes this column
  const action = entry.action as AuditAction;
  const kind = TARGETS[action.split('.')[0] ?? ''];
  return {
    id: encodeId('auditEntry', entry.id),
    tenantId: tenantId === null ? null : encodeId('tenant', tenantId),
    action,
    target: kind === undefined ? target : encodeId(kind, target),
    targetName,
    before: fields(entry.before, viewer),
    after: fields(entry.after, viewer),
    ...origin(entry, viewer),
    createdAt: entry.createdAt.toISOString(),
  };
}

/** Returns who made a change, and from where. */
function origin(
  { actorKeyId, actorName, actorTenantId, actorLinkId, requestId, clientAddress }: AuditEntry,
  viewer: TenantViewer | null,
): Pick<AuditEntryResponse, 'actor' | 'requestId' | 'clientAddress'> {
  const portalLinkId = actorLinkId && encodeId('apiKey', actorLinkId);
  if (actorKeyId === null)
    return { actor: { keyId: null, portalLinkId, name: actorName }, requestId, clientAddress };
  if (viewer === null || viewer.ownKeyIds.has(actorKeyId)) {
    const keyId = encodeId('apiKey', actorKeyId);
    return { actor: { keyId, portalLinkId, name: actorName }, requestId, clientAddress };
  }
  // The entry names the key of the operator that created the link.
  if (actorTenantId === viewer.tenantId)
    return { actor: { keyId: null, portalLinkId, name: 'portal link' }, requestId, clientAddress };
  return {
    actor: { keyId: null, portalLinkId: null, name: 'operator' },
    requestId: null,
    clientAddress: null,
  };
}

/** Narrows `before` and `after` to an object or null. Tenants do not see whether a webhook is a shadow. */
function fields(value: AuditEntry['before'], viewer: TenantViewer | null): Record<string, unknown> | null {
  if (!isJsonObject(value)) return null;
  const { shadow: _, ...others } = value;
  return viewer === null ? value : others;
}
