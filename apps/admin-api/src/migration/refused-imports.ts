import type { PrismaDb } from '@posthorn/database/prisma-client';
import { listRefusedImports, replaceRefusedImports } from '@posthorn/database/webhooks/prisma';
import type { Handlers } from '../http/handler.js';
import { requireTenant } from '../tenants/tenancy.js';

export const refusedImports: Pick<Handlers, 'listRefusedImports' | 'putRefusedImports'> = {
  async listRefusedImports({ caller, params }, { prisma }) {
    const tenantId = await requireTenant(prisma, caller, params.id);
    return { status: 200, body: await refusedOf(prisma, tenantId) };
  },
  async putRefusedImports({ caller, params, body: { source, webhooks } }, { prisma }) {
    const tenantId = await requireTenant(prisma, caller, params.id);
    await replaceRefusedImports(prisma, { tenantId, source }, webhooks);
    return { status: 200, body: await refusedOf(prisma, tenantId) };
  },
};

async function refusedOf(prisma: PrismaDb, tenantId: string) {
  const refused = await listRefusedImports(prisma, tenantId);
  return {
    data: refused.map(({ source, externalId, url, reason, refusedAt }) => ({
      source,
      externalId,
      url,
      reason,
      refusedAt: refusedAt.toISOString(),
    })),
  };
}
