import type { PrismaDb } from '@posthorn/database/prisma-client';
import {
  listRefusedImports as readRefusedImports,
  replaceRefusedImports,
} from '@posthorn/database/webhooks/prisma';
import { requireTenant } from '../access/tenancy.js';
import type { Handler } from '../calls/handler.js';
import type { ImportDeps } from './deps.js';

export const listRefusedImports: Handler<'listRefusedImports', ImportDeps> = async (
  { caller, params },
  { prisma },
) => {
  const tenantId = await requireTenant(prisma, caller, params.id);
  return { status: 200, body: await refusedOf(prisma, tenantId) };
};

export const putRefusedImports: Handler<'putRefusedImports', ImportDeps> = async (
  { caller, params, body: { source, webhooks } },
  { prisma },
) => {
  const tenantId = await requireTenant(prisma, caller, params.id);
  await replaceRefusedImports(prisma, { tenantId, source }, webhooks);
  return { status: 200, body: await refusedOf(prisma, tenantId) };
};

async function refusedOf(prisma: PrismaDb, tenantId: string) {
  const refused = await readRefusedImports(prisma, tenantId);
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
