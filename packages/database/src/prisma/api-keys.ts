import { type Actor, encodeId, hashApiKey, newId, SYSTEM, type Scope } from '@posthorn/core';
import type { ApiKey } from '../generated/client.js';
import { audit, auditChange, type AuditSnapshot } from './audit.js';
import type { PrismaDb, PrismaTransaction } from './client.js';
import { type Page, type PageRequest, toPage } from './page.js';

export interface NewApiKey {
  id: string;
  key: string;
  tenantId: string | null;
  name: string;
  scopes: readonly Scope[];
  /** Null: it ends when it is revoked. */
  expiresAt: Date | null;
}

/** Names one key; another tenant's is not found. @property tenantId null for all tenants */
export interface ApiKeyTarget {
  id: string;
  tenantId: string | null;
}

/** How a key begins: enough to tell keys apart, and nothing to guess the rest from. */
const PREFIX_LENGTH = 12;

export function keyColumns({ key, scopes, ...row }: NewApiKey) {
  return {
    ...row,
    scopes: [...scopes],
    keyHash: new Uint8Array(hashApiKey(key)),
    prefix: key.slice(0, PREFIX_LENGTH),
  };
}

function toSnapshot({ name, prefix, scopes, expiresAt, revokedAt }: ApiKey): AuditSnapshot {
  return {
    name,
    prefix,
    scopes,
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

/** Stores what is needed to know the key again, not the key. */
export async function createApiKey(prisma: PrismaDb, key: NewApiKey, actor: Actor): Promise<ApiKey> {
  return prisma.$transaction((transaction) => insertApiKey(transaction, key, actor));
}

/** The same as a part of a transaction. */
export async function insertApiKey(
  transaction: PrismaTransaction,
  key: NewApiKey,
  actor: Actor,
): Promise<ApiKey> {
  const created = await transaction.apiKey.create({ data: keyColumns(key) });
  await audit(transaction, actor, {
    action: 'api_key.created',
    tenantId: key.tenantId,
    target: key.id,
    before: null,
    after: toSnapshot(created),
  });
  return created;
}

/** Keys, newest first. @param tenantId null for those of every tenant and of none */
export async function listApiKeys(
  prisma: PrismaDb,
  tenantId: string | null,
  { limit, cursor }: PageRequest,
): Promise<Page<ApiKey>> {
  const rows = await prisma.apiKey.findMany({
    where: {
      kind: 'key',
      ...(tenantId !== null && { tenantId }),
      ...(cursor !== undefined && { id: { lt: cursor } }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

/** Ends a key at once. An ended one stays ended since when it was. @returns false when there is no such key */
export async function revokeApiKey(prisma: PrismaDb, target: ApiKeyTarget, actor: Actor): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const before = await lockApiKey(transaction, target);
    if (!before || before.revokedAt) return before !== null;
    const after = await transaction.apiKey.update({
      where: { id: before.id },
      data: { revokedAt: new Date() },
    });
    await auditChange(
      transaction,
      { actor, action: 'api_key.revoked', snapshot: toSnapshot },
      { before, after },
    );
    return true;
  });
}

export type Rotation = { kind: 'rotated'; key: ApiKey } | { kind: 'not_found' } | { kind: 'inactive' };

/**
 * Puts a new key, given as text, in the place of another, which ends `overlapMs` from now, or at its own earlier end; with
 * 0 it is revoked.
 */
export async function rotateApiKey(
  prisma: PrismaDb,
  target: ApiKeyTarget,
  { key, overlapMs, expiresAt }: { key: string; overlapMs: number; expiresAt: Date | null },
  actor: Actor,
): Promise<Rotation> {
  return prisma.$transaction(async (transaction): Promise<Rotation> => {
    const old = await lockApiKey(transaction, target);
    if (!old) return { kind: 'not_found' };
    const now = new Date();
    if (old.revokedAt || (old.expiresAt && old.expiresAt <= now)) return { kind: 'inactive' };

    const { name, tenantId } = old;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this column
    const scopes = old.scopes as Scope[];
    const next = await insertApiKey(
      transaction,
      { id: newId(), key, tenantId, name, scopes, expiresAt },
      actor,
    );
    const overlapEnd = new Date(now.getTime() + overlapMs);
    const endsAt = old.expiresAt && old.expiresAt < overlapEnd ? old.expiresAt : overlapEnd;
    const ended = await transaction.apiKey.update({
      where: { id: old.id },
      data: overlapMs === 0 ? { revokedAt: now } : { expiresAt: endsAt },
    });
    const details = { replacedBy: encodeId('apiKey', next.id) };
    const trail = { actor, action: 'api_key.rotated', snapshot: toSnapshot, details } as const;
    await auditChange(transaction, trail, { before: old, after: ended });
    return { kind: 'rotated', key: next };
  });
}

/** Reads a key that nobody else can change until the transaction ends. */
async function lockApiKey(
  transaction: PrismaTransaction,
  { id, tenantId }: ApiKeyTarget,
): Promise<ApiKey | null> {
  await transaction.$queryRaw`SELECT FROM api_key WHERE id = ${id}::uuid FOR UPDATE`;
  return transaction.apiKey.findFirst({ where: { id, kind: 'key', ...(tenantId !== null && { tenantId }) } });
}

/**
 * Makes the key from the configuration a key for all tenants with the scope `admin`. As often as it is called; the
 * configuration has the last word over a key that was revoked, or has come to its end.
 */
export async function registerAdminKey(prisma: PrismaDb, key: string): Promise<void> {
  const admin = { tenantId: null, name: 'POSTHORN_ADMIN_KEY', scopes: ['admin'] as const, expiresAt: null };
  const { id: _, ...columns } = keyColumns({ id: '', key, ...admin });
  await prisma.$transaction(async (transaction) => {
    const where = { keyHash: columns.keyHash };
    const before = await transaction.apiKey.findUnique({ where });
    const after = await transaction.apiKey.upsert({
      where,
      create: { id: newId(), ...columns },
      update: { ...columns, revokedAt: null },
    });
    const action = 'api_key.created';
    if (before)
      await auditChange(transaction, { actor: SYSTEM, action, snapshot: toSnapshot }, { before, after });
    else {
      const record = { action, tenantId: null, target: after.id, before, after: toSnapshot(after) } as const;
      await audit(transaction, SYSTEM, record);
    }
  });
}
