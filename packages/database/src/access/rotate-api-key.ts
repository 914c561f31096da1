import { type Actor, encodeId, newId, type Role, type Scope } from '@posthorn/core';
import type { ApiKey } from '../generated/client.js';
import { type ApiKeyTarget, findApiKey, insertCountedApiKey, lockApiKey, toSnapshot } from './api-keys.js';
import { auditChange } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { lockTenant } from '../tenancy/lock-tenant.js';

export type Rotation = { kind: 'rotated'; key: ApiKey } | { kind: 'not_found' } | { kind: 'inactive' };

interface Replacement {
  key: string;
  overlapMs: number;
  /** Null: the expiry of the old key, but no later than `latestExpiresAt`. */
  expiresAt: Date | null;
  /** Null if the new key may live forever. */
  latestExpiresAt: Date | null;
  /** The quota of API keys of a tenant without its own. */
  defaultQuota: number;
}

/**
 * Replaces a key with a new one. The old key expires after `overlapMs`, or at its own earlier expiry. With an overlap of 0 it
 * is revoked. Until it has ended, both keys count toward the quota of the tenant.
 * @throws PosthornError if the tenant would have more active keys than it may have
 */
export async function rotateApiKey(
  prisma: PrismaDb,
  target: ApiKeyTarget,
  { key, overlapMs, expiresAt, latestExpiresAt, defaultQuota }: Replacement,
  actor: Actor,
): Promise<Rotation> {
  return prisma.$transaction(async (transaction): Promise<Rotation> => {
    const old = await lockWithTenant(transaction, target);
    if (!old) return { kind: 'not_found' };
    const now = new Date();
    if (old.revokedAt || (old.expiresAt && old.expiresAt <= now)) return { kind: 'inactive' };

    const { name, tenantId, tenantIds, webhookId } = old;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the columns
    const rights = { scopes: old.scopes as Scope[], role: old.role as Role | null };
    const overlapEnd = new Date(now.getTime() + overlapMs);
    // Before the new key is counted.
    const replaced = await transaction.apiKey.update({
      where: { id: old.id },
      data: overlapMs === 0 ? { revokedAt: now } : { expiresAt: earliest(old.expiresAt, overlapEnd) },
    });
    const next = await insertCountedApiKey(
      transaction,
      {
        id: newId(),
        key,
        tenantId,
        tenantIds: tenantIds.length > 0 ? tenantIds : null,
        name,
        ...rights,
        webhookId,
        expiresAt: expiresAt ?? earliest(old.expiresAt, latestExpiresAt),
        defaultQuota,
      },
      actor,
    );
    const details = { replacedBy: encodeId('apiKey', next.id) };
    const auditContext = { actor, action: 'api_key.rotated', snapshot: toSnapshot, details } as const;
    await auditChange(transaction, auditContext, { before: old, after: replaced });
    return { kind: 'rotated', key: next };
  });
}

/** Locks a key, and before it its tenant, as the creation of a portal link does. Returns the key. */
async function lockWithTenant(transaction: PrismaTransaction, target: ApiKeyTarget): Promise<ApiKey | null> {
  const found = await findApiKey(transaction, target);
  if (!found) return null;
  if (found.tenantId !== null) await lockTenant(transaction, found.tenantId);
  return lockApiKey(transaction, target);
}

/** Returns the earlier of two expiries. Null: never. */
function earliest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}
