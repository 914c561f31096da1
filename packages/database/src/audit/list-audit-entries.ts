import type { AuditAction } from '@posthorn/core';
import type { AuditEntry } from '../generated/client.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from '../prisma-client/page.js';

interface AuditFilter extends TimeRange {
  /** Null for the entries of all tenants and those without one. */
  tenantId: string | null;
  actorKeyId?: string | undefined;
  actorPersonId?: string | undefined;
  action?: AuditAction | undefined;
  /** The stored forms of one target. */
  targets?: readonly string[] | undefined;
  /** Only sign-ins and sign-outs, or all other entries. */
  signIns?: boolean | undefined;
}

const SIGN_INS: AuditAction[] = ['session.created', 'session.ended', 'sign_in.failed'];

/** Returns the audit log, newest first. */
export async function listAuditEntries(
  prisma: PrismaDb,
  { tenantId, actorKeyId, actorPersonId, action, targets, signIns, from, to }: AuditFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<AuditEntry>> {
  const rows = await prisma.auditEntry.findMany({
    where: {
      ...(tenantId !== null && { tenantId }),
      ...(actorKeyId !== undefined && { actorKeyId }),
      ...(actorPersonId !== undefined && { actorPersonId }),
      ...(action !== undefined && { action }),
      ...(signIns !== undefined && { AND: { action: signIns ? { in: SIGN_INS } : { notIn: SIGN_INS } } }),
      ...(targets !== undefined && { target: { in: [...targets] } }),
      id: idBounds({ from, to, cursor }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}

/** Returns the entries of all tenants after a number of the chain, in its order. */
export const listChainedEntries = async (
  prisma: PrismaDb,
  after: bigint,
  limit: number,
): Promise<AuditEntry[]> =>
  prisma.auditEntry.findMany({ where: { number: { gt: after } }, orderBy: { number: 'asc' }, take: limit });
