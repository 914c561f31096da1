import type { RejectedEvent } from '../generated/client.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { rejectedPayloadOpener } from './rejected-payload.js';
import { idBounds, type Page, type PageRequest, type TimeRange, toPage } from '../prisma-client/page.js';

interface RejectedEventFilter extends TimeRange {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Include events that named no existing tenant. */
  withoutTenant: boolean;
  /** They open what is sealed. */
  payloadKeys: PayloadKeys;
}

/** Returns a rejected event, or null. @param tenantId null for events of all tenants and without a tenant */
export async function findRejectedEvent(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
  payloadKeys: PayloadKeys,
): Promise<RejectedEvent | null> {
  const event = await prisma.rejectedEvent.findFirst({
    where: { id, ...(tenantId !== null && { tenantId }) },
  });
  if (!event) return null;
  const open = await rejectedPayloadOpener(payloadKeys, [event]);
  return Object.assign(event, { payload: open(event) });
}

/** Returns rejected events, newest first. */
export async function listRejectedEvents(
  prisma: PrismaDb,
  { tenantId, withoutTenant, from, to, payloadKeys }: RejectedEventFilter,
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
  const { items, next } = toPage(rows, limit);
  const open = await rejectedPayloadOpener(payloadKeys, items);
  return { items: items.map((event) => Object.assign(event, { payload: open(event) })), next };
}
