import type { PrismaDb } from '../prisma-client/client.js';

/** The key that started an erasure, as the audit log has it. */
interface ErasureStarter {
  name: string;
  /** Null for a key of all tenants. */
  tenantId: string | null;
}

/** Returns who started erasures, by their ids. Nobody starts the purge of a tenant whose grace period has passed. */
export async function findErasureStarters(
  prisma: PrismaDb,
  ids: readonly string[],
): Promise<Map<string, ErasureStarter>> {
  const entries = await prisma.auditEntry.findMany({
    where: { target: { in: [...ids] }, action: 'erasure.created' },
    select: { target: true, actorName: true, actorTenantId: true },
  });
  return new Map(
    entries.map(({ target, actorName, actorTenantId }) => [
      target,
      { name: actorName, tenantId: actorTenantId },
    ]),
  );
}
