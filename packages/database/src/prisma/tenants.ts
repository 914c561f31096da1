import type { Actor } from '@posthorn/core';
import type { Tenant } from '../generated/client.js';
import { insertApiKey, type NewApiKey } from './api-keys.js';
import { audit } from './audit.js';
import type { PrismaDb } from './client.js';
import { containsText } from './contains-text.js';
import { type Page, type PageRequest, toPage } from './page.js';

/** Creates a tenant and its first API key. @returns null if the name already exists */
export async function createTenant(
  prisma: PrismaDb,
  tenant: { id: string; name: string },
  key: NewApiKey,
  actor: Actor,
): Promise<Tenant | null> {
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.tenant.createMany({ data: [tenant], skipDuplicates: true });
    if (count === 0) return null;
    const { id, name } = tenant;
    await audit(transaction, actor, {
      action: 'tenant.created',
      tenantId: id,
      target: id,
      before: null,
      after: { name },
    });
    await insertApiKey(transaction, key, actor);
    return transaction.tenant.findUniqueOrThrow({ where: { id: tenant.id } });
  });
}

/** Returns tenants, newest first. @param search a substring of the name, case-insensitive */
export async function listTenants(
  prisma: PrismaDb,
  { limit, cursor, search }: PageRequest & { search?: string | undefined },
): Promise<Page<Tenant>> {
  const rows = await prisma.tenant.findMany({
    where: {
      ...(cursor !== undefined && { id: { lt: cursor } }),
      ...(search !== undefined && { name: containsText(search) }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

export async function tenantExists(prisma: PrismaDb, id: string): Promise<boolean> {
  return (await prisma.tenant.count({ where: { id } })) > 0;
}
