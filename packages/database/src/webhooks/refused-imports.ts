import { Prisma } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';

/** A webhook of another system that its last import could not bring, so that Posthorn does not send to it. */
export interface RefusedImport {
  /** The name of the system. */
  source: string;
  externalId: string;
  url: string;
  reason: string;
  refusedAt: Date;
}

/** Replaces what the last import from a source has refused of a tenant. */
export async function replaceRefusedImports(
  prisma: PrismaDb,
  { tenantId, source }: { tenantId: string; source: string },
  refused: readonly Pick<RefusedImport, 'externalId' | 'url' | 'reason'>[],
): Promise<void> {
  const data = refused.map(({ externalId, url, reason }) => ({
    tenantId,
    source,
    externalId,
    url,
    reason,
  }));
  await prisma.$transaction([
    prisma.refusedImport.deleteMany({ where: { tenantId, source } }),
    prisma.refusedImport.createMany({ data, skipDuplicates: true }),
  ]);
}

/** Returns the refused webhooks of a tenant that do not exist: one that was created by hand with the same external id is not refused. */
export async function listRefusedImports(prisma: PrismaDb, tenantId: string): Promise<RefusedImport[]> {
  return prisma.$queryRaw<RefusedImport[]>(Prisma.sql`
    SELECT source, external_id AS "externalId", url, reason, refused_at AS "refusedAt" FROM refused_import r
    WHERE tenant_id = ${tenantId}::uuid
      AND NOT EXISTS (SELECT FROM webhook w WHERE w.tenant_id = r.tenant_id AND w.external_id = r.external_id)
    ORDER BY source, external_id`);
}
