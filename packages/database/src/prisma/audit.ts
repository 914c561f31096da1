import { isDeepStrictEqual } from 'node:util';
import { type Actor, type AuditAction, newId } from '@posthorn/core';
import { Prisma } from '../generated/client.js';
import type { PrismaDb, PrismaTransaction } from './client.js';
import { toJson } from './json.js';

/** What is shown of a thing: its fields as JSON has them, without secrets. */
export type AuditSnapshot = Record<string, unknown>;

/** How a change of a `Thing` goes on record. */
export interface AuditContext<Thing> {
  actor: Actor;
  action: AuditAction;
  snapshot: (thing: Thing) => AuditSnapshot;
  /** What is said beside what was changed, as a part of what is after. */
  details?: AuditSnapshot | undefined;
}

export interface AuditRecord {
  action: AuditAction;
  /** Null: it is about all tenants. */
  tenantId: string | null;
  /** A UUID, or the name of an event type. */
  target: string;
  /** Null: it was not there. */
  before: AuditSnapshot | null;
  /** Null: it is not there any more. */
  after: AuditSnapshot | null;
}

/** Writes down who changed what: in the transaction of the change, so that neither is there without the other. */
export async function audit(
  transaction: Pick<PrismaDb | PrismaTransaction, 'auditEntry'>,
  { keyId, name, requestId, clientAddress }: Actor,
  { before, after, ...record }: AuditRecord,
): Promise<void> {
  await transaction.auditEntry.create({
    data: {
      ...record,
      id: newId(),
      actorKeyId: keyId,
      actorName: name,
      requestId,
      clientAddress,
      before: before === null ? Prisma.DbNull : toJson(before),
      after: after === null ? Prisma.DbNull : toJson(after),
    },
  });
}

/** The same for a thing that was changed: only the fields that are another. Nothing where there are none, and no note. */
export async function auditChange<Thing extends { id: string; tenantId: string | null }>(
  transaction: Pick<PrismaTransaction, 'auditEntry'>,
  { actor, action, snapshot, details }: AuditContext<Thing>,
  { before, after }: { before: Thing; after: Thing },
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

/** The fields that differ, as they were and as they are; null when none does. */
export function changedFields(
  before: AuditSnapshot,
  after: AuditSnapshot,
): { before: AuditSnapshot; after: AuditSnapshot } | null {
  const names = Object.keys(after).filter((name) => !isDeepStrictEqual(before[name], after[name]));
  if (names.length === 0) return null;
  const pick = (shown: AuditSnapshot) => Object.fromEntries(names.map((name) => [name, shown[name]]));
  return { before: pick(before), after: pick(after) };
}
