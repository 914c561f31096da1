import { isDeepStrictEqual } from 'node:util';
import type { Actor, AuditAction } from '@posthorn/core';
import type { PrismaTransaction } from '../prisma-client/client.js';
import {
  type AuditRecord,
  type AuditSnapshot,
  insertEntries,
  recordSql,
  recordValues,
} from './insert-audit-entries.js';

export type { AuditRecord, AuditSnapshot };

/** How to record a change of a `Resource` in the audit log. */
export interface AuditContext<Resource> {
  actor: Actor;
  action: AuditAction;
  snapshot: (resource: Resource) => AuditSnapshot;
  /** Recorded in addition to the changed fields, as part of `after`. */
  details?: AuditSnapshot | undefined;
}

const INSERT = insertEntries(recordSql(1));

/** Inserts an audit entry, in the transaction of the change it records. */
export async function audit(
  transaction: PrismaTransaction,
  actor: Actor,
  record: AuditRecord,
): Promise<void> {
  await transaction.$executeRawUnsafe(INSERT, ...recordValues(actor, record));
}

/** Inserts an audit entry with the changed fields of a resource. Inserts nothing without changed fields and details. */
export async function auditChange<Resource extends { id: string; tenantId: string | null }>(
  transaction: PrismaTransaction,
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
