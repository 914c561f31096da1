import type { RejectedEvent } from '../generated/client.js';
import type { PrismaDb } from '../prisma/client.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from '../prisma/page.js';

export interface RejectedEventFilter extends TimeRange {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Include events that named no existing tenant. */
  withoutTenant: boolean;
}

/** Returns a rejected event, or null. @param tenantId null for events of all tenants and without a tenant */
export async function findRejectedEvent(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<RejectedEvent | null> {
  return prisma.rejectedEvent.findFirst({ where: { id, ...(tenantId !== null && { tenantId }) } });
}

/** Returns rejected events, newest first. */
export async function listRejectedEvents(
  prisma: PrismaDb,
  { tenantId, withoutTenant, from, to }: RejectedEventFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<RejectedEvent>> {
  const rows = await prisma.rejectedEvent.findMany({
    where: {
      ...(tenantId !== null && { OR: [{ tenantId }, ...(withoutTenant ? [{ tenantId: null }] : [])] }),
      id: idBounds({ from, to, cursor }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}
