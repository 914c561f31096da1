import { type Actor, type DeliveryFormat, SYSTEM_TENANT_ID, type TenantQuotas } from '@posthorn/core';
import type { Tenant as TenantRow } from '../generated/client.js';
import { insertApiKey, type NewApiKey } from '../access/api-keys.js';
import { audit, auditChange, type AuditSnapshot } from '../access/audit.js';
import type { PrismaDb } from '../prisma/client.js';
import { containsText } from '../prisma/contains-text.js';
import { releaseFormat, storeFormat, toDeliveryFormat } from '../webhooks/delivery-formats.js';
import { type Page, type PageRequest, toPage } from '../prisma/page.js';
import { isUniqueViolation } from '../prisma/prisma-errors.js';
import { quotaColumns, quotasOf } from './quotas.js';

/** The settings of a tenant. */
export interface TenantSettings {
  name: string;
  externalId: string | null;
  contactEmail: string | null;
  locale: string | null;
  quotas: Partial<TenantQuotas>;
  /** The default of its webhooks. Null for the standard format. */
  deliveryFormat: DeliveryFormat | null;
}

export interface Tenant extends Omit<TenantRow, 'formatId'> {
  deliveryFormat: DeliveryFormat | null;
}

const withFormat = { format: { select: { spec: true } } } as const;

function toTenant(tenant: TenantRow & { format: { spec: unknown } | null }): Tenant {
  const { format, formatId: _, ...row } = tenant;
  return { ...row, deliveryFormat: toDeliveryFormat(format) };
}

/**
 * Creates a tenant and its first API key, which its quota of keys does not restrict.
 * @returns null if the name or the external id already exists
 */
export async function createTenant(
  prisma: PrismaDb,
  { id, quotas, deliveryFormat, ...settings }: TenantSettings & { id: string },
  key: NewApiKey,
  actor: Actor,
): Promise<Tenant | null> {
  return prisma.$transaction(async (transaction) => {
    const row = { id, ...settings, ...quotaColumns(quotas) };
    const { count } = await transaction.tenant.createMany({ data: [row], skipDuplicates: true });
    if (count === 0) return null;
    const formatId = deliveryFormat && (await storeFormat(transaction, id, deliveryFormat));
    const tenant = toTenant(
      await transaction.tenant.update({ where: { id }, data: { formatId }, include: withFormat }),
    );
    const after = toSnapshot(tenant);
    await audit(transaction, actor, {
      action: 'tenant.created',
      tenantId: id,
      target: id,
      before: null,
      after,
    });
    await insertApiKey(transaction, key, actor);
    return tenant;
  });
}

export interface TenantChange {
  /** Absent settings and quotas stay as they are. */
  settings: Partial<TenantSettings>;
  actor: Actor;
  /** Called with the current tenant while its row is locked. An error that it throws rolls back. */
  assertUnchanged?: (current: Tenant) => void;
}

/**
 * Changes a tenant.
 * @returns the changed tenant and whether a format of it was or is set, `not_found`, or `taken` if another one has the name or the external id
 */
export async function updateTenant(
  prisma: PrismaDb,
  id: string,
  { settings: { quotas, deliveryFormat, ...settings }, actor, assertUnchanged }: TenantChange,
): Promise<{ tenant: Tenant; setsFormat: boolean } | 'not_found' | 'taken'> {
  try {
    return await prisma.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT FROM tenant WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
      const row = await transaction.tenant.findUnique({ where: { id }, include: withFormat });
      if (!row) return 'not_found';
      const before = toTenant(row);
      assertUnchanged?.(before);
      if (deliveryFormat !== undefined) await releaseFormat(transaction, row.formatId);
      const formatId = deliveryFormat && (await storeFormat(transaction, id, deliveryFormat));
      const data = {
        ...settings,
        ...quotaColumns(quotas ?? {}),
        ...(formatId !== undefined && { formatId }),
      };
      const after = toTenant(await transaction.tenant.update({ where: { id }, data, include: withFormat }));
      await auditChange(
        transaction,
        { actor, action: 'tenant.updated', snapshot: toSnapshot },
        { before: { ...before, tenantId: id }, after: { ...after, tenantId: id } },
      );
      const setsFormat = deliveryFormat !== undefined && (before.deliveryFormat ?? deliveryFormat) !== null;
      return { tenant: after, setsFormat };
    });
  } catch (error) {
    if (isUniqueViolation(error)) return 'taken';
    throw error;
  }
}

/** Returns the id of the tenant with this external id, or null. */
export async function findTenantId(prisma: PrismaDb, externalId: string): Promise<string | null> {
  const row = await prisma.tenant.findUnique({ where: { externalId }, select: { id: true } });
  return row?.id ?? null;
}

/** Returns the ids of the tenants that exist, by external id. */
export async function findTenantIds(
  prisma: PrismaDb,
  externalIds: readonly string[],
): Promise<Map<string, string>> {
  const where = { externalId: { in: [...externalIds] } };
  const rows = await prisma.tenant.findMany({ where, select: { id: true, externalId: true } });
  return new Map(rows.map(({ id, externalId }) => [externalId ?? '', id]));
}

export async function findTenant(prisma: PrismaDb, id: string): Promise<Tenant | null> {
  const row = await prisma.tenant.findUnique({ where: { id }, include: withFormat });
  return row && toTenant(row);
}

function toSnapshot(tenant: Tenant): AuditSnapshot {
  const { name, externalId, contactEmail, locale, deliveryFormat } = tenant;
  return { name, externalId, contactEmail, locale, quotas: quotasOf(tenant), deliveryFormat };
}

/** Returns tenants, newest first. @param search a part of the name or of the external id, case-insensitive */
export async function listTenants(
  prisma: PrismaDb,
  { limit, cursor, search }: PageRequest & { search?: string | undefined },
): Promise<Page<Tenant>> {
  const rows = await prisma.tenant.findMany({
    where: {
      id: { not: SYSTEM_TENANT_ID, ...(cursor !== undefined && { lt: cursor }) },
      ...(search !== undefined && {
        OR: [{ name: containsText(search) }, { externalId: containsText(search) }],
      }),
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
    include: withFormat,
  });
  return toPage(rows.map(toTenant), limit);
}

export async function tenantExists(prisma: PrismaDb, id: string): Promise<boolean> {
  return (await prisma.tenant.count({ where: { id } })) > 0;
}
