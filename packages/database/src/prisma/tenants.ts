import type { Actor } from '@posthorn/core';
import type { Tenant } from '../generated/client.js';
import { insertApiKey, type NewApiKey } from './api-keys.js';
import { audit } from './audit.js';
import type { Definitions } from './client.js';
import { containing } from './containing.js';
import { type Page, type PageRequest, toPage } from './page.js';

/** Stores a tenant and its first key. @returns null when the name is taken */
export async function createTenant(
  definitions: Definitions,
  tenant: { id: string; name: string },
  key: NewApiKey,
  actor: Actor,
): Promise<Tenant | null> {
  return definitions.$transaction(async (transaction) => {
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

/** Tenants, newest first. @param search a part of the name, in any case */
export async function listTenants(
  definitions: Definitions,
  { limit, cursor, search }: PageRequest & { search?: string | undefined },
): Promise<Page<Tenant>> {
  const rows = await definitions.tenant.findMany({
    where: {
      ...(cursor !== undefined && { id: { lt: cursor } }),
      ...(search !== undefined && { name: containing(search) }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

export async function tenantExists(definitions: Definitions, id: string): Promise<boolean> {
  return (await definitions.tenant.count({ where: { id } })) > 0;
}
