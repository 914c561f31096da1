import { type Actor, encodeId, hashApiKey, type Role, type Scope } from '@posthorn/core';
import type { ApiKey } from '../generated/client.js';
import { audit, auditChange, type AuditSnapshot } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { reserveQuota } from '../tenancy/quotas.js';

export interface NewApiKey {
  id: string;
  key: string;
  tenantId: string | null;
  name: string;
  /** Empty for a key with a role. */
  scopes: readonly Scope[];
  /** Absent for a key with its own scopes. */
  role?: Role | null;
  /** The only tenants of a key of an operator, whose `tenantId` is null. Absent for other keys. */
  tenantIds?: readonly string[] | null;
  /** The only webhook whose feed the key can read. Absent for other keys. */
  webhookId?: string | null;
  /** Null if the key does not expire. */
  expiresAt: Date | null;
}

/** The keys that a caller manages. */
export interface ApiKeyReach {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Only the keys of feeds. */
  onlyFeedKeys: boolean;
}

/** Identifies an API key. One that is out of reach is not found. */
export interface ApiKeyTarget extends ApiKeyReach {
  id: string;
}

/** Length of the stored start of a key: enough to identify it in lists, too little to guess the rest. */
const PREFIX_LENGTH = 12;

export function keyColumns({ key, scopes, tenantIds, ...row }: NewApiKey) {
  return {
    ...row,
    ...(tenantIds && { tenantIds: [...tenantIds] }),
    scopes: [...scopes],
    keyHash: new Uint8Array(hashApiKey(key)),
    prefix: key.slice(0, PREFIX_LENGTH),
  };
}

export function toSnapshot(key: ApiKey): AuditSnapshot {
  const { name, prefix, scopes, role, tenantIds, webhookId, expiresAt, revokedAt } = key;
  return {
    name,
    prefix,
    ...(role === null ? { scopes } : { role }),
    ...(tenantIds.length > 0 && { tenantIds: tenantIds.map((id) => encodeId('tenant', id)) }),
    ...(webhookId !== null && { webhookId: encodeId('webhook', webhookId) }),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

/** An API key that counts toward the quota of its tenant. A key for all tenants counts toward none. */
interface CountedApiKey extends NewApiKey {
  /** The quota of API keys of a tenant without its own. */
  defaultQuota: number;
}

/**
 * Creates an API key. Stores its hash, not the key.
 * @throws PosthornError if the tenant has as many active keys as it may have
 */
export async function createApiKey(prisma: PrismaDb, key: CountedApiKey, actor: Actor): Promise<ApiKey> {
  return prisma.$transaction((transaction) => insertCountedApiKey(transaction, key, actor));
}

/** Like `createApiKey`, within a transaction. */
export async function insertCountedApiKey(
  transaction: PrismaTransaction,
  { defaultQuota, ...key }: CountedApiKey,
  actor: Actor,
): Promise<ApiKey> {
  const { tenantId } = key;
  if (tenantId !== null) await reserveQuota(transaction, { resource: 'apiKeys', tenantId, defaultQuota });
  return insertApiKey(transaction, key, actor);
}

/** Inserts an API key, whatever the quota of its tenant. */
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

/** Returns which of these keys belong to a tenant, also expired and revoked ones. */
export async function findKeysOfTenant(
  prisma: PrismaDb,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const keys = await prisma.apiKey.findMany({
    where: { id: { in: [...ids] }, tenantId },
    select: { id: true },
  });
  return new Set(keys.map(({ id }) => id));
}

/** Returns the condition that a key is in reach. */
const inReach = ({ tenantId, onlyFeedKeys }: ApiKeyReach) => ({
  kind: 'key' as const,
  ...(tenantId !== null && { tenantId }),
  ...(onlyFeedKeys && { webhookId: { not: null } }),
});

/** Returns API keys, newest first. @property webhookId returns only the keys of its feed */
export async function listApiKeys(
  prisma: PrismaDb,
  { webhookId, ...reach }: ApiKeyReach & { webhookId?: string | undefined },
  { limit, cursor }: PageRequest,
): Promise<Page<ApiKey>> {
  const rows = await prisma.apiKey.findMany({
    where: {
      ...inReach(reach),
      ...(webhookId !== undefined && { webhookId }),
      ...(cursor !== undefined && { id: { lt: cursor } }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

/** Returns a key, also if it is expired or revoked, or null. */
export async function findApiKey(
  prisma: PrismaTransaction,
  { id, ...reach }: ApiKeyTarget,
): Promise<ApiKey | null> {
  return prisma.apiKey.findFirst({ where: { id, ...inReach(reach) } });
}

/** Revokes a key, effective immediately. Does nothing if it is already revoked. @returns false if the key does not exist */
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

/** Locks a key until the transaction ends, and returns it. */
export async function lockApiKey(
  transaction: PrismaTransaction,
  target: ApiKeyTarget,
): Promise<ApiKey | null> {
  await transaction.$queryRaw`SELECT FROM api_key WHERE id = ${target.id}::uuid FOR UPDATE`;
  return findApiKey(transaction, target);
}
