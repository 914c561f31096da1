import { type Actor, type ApiKeyKind, type AuditAction, newId } from '@posthorn/core';
import { keyColumns, type NewApiKey } from './api-keys.js';
import { audit } from './audit.js';
import type { PrismaDb } from './client.js';
import type { ActiveApiKey } from '../sql/find-active-api-keys.js';

/** What a key is used to make: it lives until `expiresAt`, and never longer than that key. */
export interface DerivedKey extends Omit<NewApiKey, 'id' | 'expiresAt'> {
  kind: Exclude<ApiKeyKind, 'key'>;
  parentId: string;
  expiresAt: Date;
}

const ACTIONS: Record<DerivedKey['kind'], { created: AuditAction; ended: AuditAction }> = {
  session: { created: 'session.created', ended: 'session.ended' },
  portal: { created: 'portal_link.created', ended: 'portal_link.ended' },
};

/** Stores a session, or what a link to the portal holds. */
export async function createDerivedKey(
  prisma: PrismaDb,
  { kind, parentId, ...key }: DerivedKey,
  actor: Actor,
): Promise<void> {
  const id = newId();
  const { tenantId, scopes, expiresAt } = key;
  await prisma.$transaction(async (transaction) => {
    await transaction.apiKey.create({ data: { ...keyColumns({ ...key, id }), kind, parentId } });
    await audit(transaction, actor, {
      action: ACTIONS[kind].created,
      tenantId,
      target: id,
      before: null,
      after: { scopes, expiresAt: expiresAt.toISOString() },
    });
  });
}

/** Ends it for good. */
export async function endDerivedKey(
  prisma: PrismaDb,
  { id, kind, tenantId }: ActiveApiKey & Pick<DerivedKey, 'kind'>,
  actor: Actor,
): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    const { count } = await transaction.apiKey.deleteMany({ where: { id, kind } });
    if (count === 0) return;
    const record = { action: ACTIONS[kind].ended, tenantId, target: id, before: {}, after: null };
    await audit(transaction, actor, record);
  });
}
