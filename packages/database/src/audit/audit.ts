import { isDeepStrictEqual } from 'node:util';
import { type Actor, type AuditAction, newId } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { toJson } from '../prisma-client/json.js';

/** The fields of a resource as JSON values, without secrets. */
export type AuditSnapshot = Record<string, unknown>;

/** How to record a change of a `Resource` in the audit log. */
export interface AuditContext<Resource> {
  actor: Actor;
  action: AuditAction;
  snapshot: (resource: Resource) => AuditSnapshot;
  /** Recorded in addition to the changed fields, as part of `after`. */
  details?: AuditSnapshot | undefined;
}

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

/** Inserts an audit entry, in the transaction of the change it records. */
export async function audit(
  transaction: Pick<PrismaDb | PrismaTransaction, 'auditEntry'>,
  { keyId, personId, name, tenantId, linkId, sessionId, requestId, clientAddress }: Actor,
  { before, after, ...record }: AuditRecord,
): Promise<void> {
  await transaction.auditEntry.create({
    data: {
      ...record,
      id: newId(),
      actorKeyId: keyId,
      actorPersonId: personId,
      actorName: name,
      actorTenantId: tenantId,
      actorLinkId: linkId,
      actorSessionId: sessionId,
      requestId,
      clientAddress,
      before: before === null ? Prisma.DbNull : toJson(before),
      after: after === null ? Prisma.DbNull : toJson(after),
    },
  });
}

/** Inserts an audit entry with the changed fields of a resource. Inserts nothing without changed fields and details. */
export async function auditChange<Resource extends { id: string; tenantId: string | null }>(
  transaction: Pick<PrismaTransaction, 'auditEntry'>,
  { actor, action, snapshot, details }: AuditContext<Resource>,
  { before, after }: { before: Resource; after: Resource },
): Promise<void> {
  const changed = changedFields(snapshot(before), snapshot(after)) ?? (details && { before: {}, after: {} });
  if (!changed) return;
  await audit(transaction, actor, {
    action,
    tenantId: after.tenantId,
    target: after.id,
    before: changed.before,
    after: { ...changed.after, ...details },
  });
}

/** Returns the fields that differ, before and after. Null if none differs. */
export function changedFields(
  before: AuditSnapshot,
  after: AuditSnapshot,
): { before: AuditSnapshot; after: AuditSnapshot } | null {
  const names = Object.keys(after).filter((name) => !isDeepStrictEqual(before[name], after[name]));
  if (names.length === 0) return null;
  const pick = (snapshot: AuditSnapshot) => Object.fromEntries(names.map((name) => [name, snapshot[name]]));
  return { before: pick(before), after: pick(after) };
}
