import { Prisma } from '../generated/client.js';
import { addLastAttempts } from './add-last-attempts.js';
import { addPrecedingHeads } from './add-preceding-heads.js';
import type { PrismaDb } from '../prisma-client/client.js';
import { type DeliveryRecord, type DeliveryRow, NOT_SHADOW, SELECT_DELIVERIES } from './delivery-query.js';

/** Returns a delivery, or null if it does not exist. @param tenantId null for all tenants; a tenant does not see deliveries to shadows */
export async function findDelivery(
  prisma: PrismaDb,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<DeliveryRecord | null> {
  const ofTenant =
    tenantId === null ? Prisma.empty : Prisma.sql`AND d.tenant_id = ${tenantId}::uuid AND ${NOT_SHADOW}`;
  const rows = await prisma.$queryRaw<DeliveryRow[]>`
    ${SELECT_DELIVERIES} WHERE d.id = ${id}::uuid ${ofTenant}`;
  const [delivery] = await addPrecedingHeads(prisma, await addLastAttempts(prisma, rows));
  return delivery ?? null;
}
