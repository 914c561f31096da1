import { createHash } from 'node:crypto';
import { type DeliveryFormat, newId, STANDARD_FORMAT_ID } from '@posthorn/core';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';

/**
 * Stores a format of a tenant, if the tenant has no equal one, and returns its id. The lock on the row, and its time, keep it until
 * the transaction has set it: formats that nothing uses are deleted.
 */
export async function storeFormat(
  transaction: PrismaTransaction,
  tenantId: string,
  format: DeliveryFormat,
): Promise<string> {
  const spec = JSON.stringify(format);
  const hash = createHash('sha256').update(spec).digest();
  const [row] = await transaction.$queryRaw<{ id: string }[]>`
    INSERT INTO delivery_format (id, tenant_id, spec_hash, spec)
    VALUES (${newId()}::uuid, ${tenantId}::uuid, ${hash}, ${spec}::jsonb)
    ON CONFLICT (tenant_id, spec_hash) DO UPDATE SET used_at = now()
    RETURNING id`;
  if (!row) throw new Error('The format was not stored');
  return row.id;
}

/** Records that a format is replaced: retries of requests in flight may still need it. */
export async function releaseFormat(transaction: PrismaTransaction, id: string | null): Promise<void> {
  if (id !== null)
    await transaction.$executeRaw`UPDATE delivery_format SET used_at = now() WHERE id = ${id}::uuid`;
}

/** Returns the default formats of tenants that have one, by tenant. */
export async function findDefaultFormats(
  prisma: PrismaDb,
  tenantIds: readonly string[],
): Promise<Map<string, DeliveryFormat>> {
  const rows = await prisma.tenant.findMany({
    where: { id: { in: [...new Set(tenantIds)] }, formatId: { not: null } },
    select: { id: true, format: { select: { spec: true } } },
  });
  return new Map(
    rows.flatMap(({ id, format }) => {
      const spec = toDeliveryFormat(format);
      return spec === null ? [] : [[id, spec]];
    }),
  );
}

/** Returns the format that the next attempt of a pending delivery keeps, or null if it has the one of the webhook. */
export async function findKeptFormat(prisma: PrismaDb, deliveryId: string): Promise<DeliveryFormat | null> {
  const [kept] = await prisma.$queryRaw<{ id: string; spec: DeliveryFormat | null }[]>`
    SELECT d.format_id AS id, f.spec FROM pending_delivery d LEFT JOIN delivery_format f ON f.id = d.format_id
    WHERE d.id = ${deliveryId}::uuid AND d.format_id IS NOT NULL`;
  return kept?.id === STANDARD_FORMAT_ID ? {} : (kept?.spec ?? null);
}

export function toDeliveryFormat(row: { spec: unknown } | null): DeliveryFormat | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
  return row === null ? null : (row.spec as DeliveryFormat);
}
