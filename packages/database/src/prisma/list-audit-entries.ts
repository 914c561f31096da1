import type { AuditAction } from '@posthorn/core';
import type { AuditEntry } from '../generated/client.js';
import type { PrismaDb } from './client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from './page.js';

export interface AuditFilter extends TimeRange {
  /** Null for the entries of all tenants and those without one. */
  tenantId: string | null;
  actorKeyId?: string | undefined;
  action?: AuditAction | undefined;
  target?: string | undefined;
}

/** Returns the audit log, newest first. */
export async function listAuditEntries(
  prisma: PrismaDb,
  { tenantId, actorKeyId, action, target, from, to }: AuditFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<AuditEntry>> {
  const rows = await prisma.auditEntry.findMany({
    where: {
      ...(tenantId !== null && { tenantId }),
      ...(actorKeyId !== undefined && { actorKeyId }),
      ...(action !== undefined && { action }),
      ...(target !== undefined && { target }),
      id: idBounds({ from, to, cursor }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}
