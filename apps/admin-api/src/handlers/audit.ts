import { type AuditEntryResponse, isJsonObject } from '@posthorn/contract';
import { type AuditAction, decodeId, encodeId, ID_PREFIXES, type IdKind } from '@posthorn/core';
import { type AuditEntry, listAuditEntries as readAuditEntries } from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { serializePage } from '../serializers/page.js';
import { tenantOrAll } from '../tenancy.js';

export const listAuditEntries: Handler<'listAuditEntries'> = async (
  { caller, query },
  { prisma, history },
) => {
  const tenantId = await tenantOrAll(prisma, caller, query.tenantId);
  const target = query.target === undefined ? undefined : storedTarget(query.target);
  const page = await readAuditEntries(history, { ...query, tenantId, target }, query);
  return { status: 200, body: serializePage(page, serializeAuditEntry) };
};

/** Converts a target to its stored form: a UUID, or the name of an event type. */
function storedTarget(target: string): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- keys of a constant
  const kinds = Object.keys(ID_PREFIXES) as IdKind[];
  const ids = kinds.map((kind) => decodeId(kind, target));
  return ids.find((id) => id !== null) ?? target;
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
};

function serializeAuditEntry(entry: AuditEntry): AuditEntryResponse {
  const { tenantId, actorKeyId, actorName, target, requestId, clientAddress } = entry;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only Posthorn writes this column
  const action = entry.action as AuditAction;
  const kind = TARGETS[action.split('.')[0] ?? ''];
  return {
    id: encodeId('auditEntry', entry.id),
    tenantId: tenantId === null ? null : encodeId('tenant', tenantId),
    actor: { keyId: actorKeyId === null ? null : encodeId('apiKey', actorKeyId), name: actorName },
    action,
    target: kind === undefined ? target : encodeId(kind, target),
    before: fields(entry.before),
    after: fields(entry.after),
    requestId,
    clientAddress,
    createdAt: entry.createdAt.toISOString(),
  };
}

/** Narrows `before` and `after` to an object or null. */
function fields(value: AuditEntry['before']): Record<string, unknown> | null {
  return isJsonObject(value) ? value : null;
}
