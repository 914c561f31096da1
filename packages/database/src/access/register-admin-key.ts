import { newId, SYSTEM } from '@posthorn/core';
import { keyColumns, toSnapshot } from './api-keys.js';
import { audit, auditChange } from '../audit/audit.js';
import type { PrismaDb } from '../prisma-client/client.js';

/**
 * Stores the configured admin key as a key for all tenants with the scope `admin`. Idempotent. The configuration takes
 * precedence: a revoked or expired key becomes active again, and a limited one is no longer limited.
 */
export async function registerAdminKey(prisma: PrismaDb, key: string): Promise<void> {
  const rights = { tenantId: null, webhookId: null, scopes: ['admin'], role: null } as const;
  const admin = { ...rights, name: 'POSTHORN_ADMIN_KEY', expiresAt: null };
  const { id: _, ...columns } = keyColumns({ id: '', key, ...admin });
  await prisma.$transaction(async (transaction) => {
    const where = { keyHash: columns.keyHash };
    const before = await transaction.apiKey.findUnique({ where });
    // Prisma has no null for a list.
    await transaction.$executeRaw`UPDATE api_key SET tenant_ids = NULL WHERE key_hash = ${columns.keyHash}`;
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
