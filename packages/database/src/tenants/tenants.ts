import {
  type Actor,
  type DeliveryFormat,
  type Locale,
  LOCALES,
  PosthornError,
  SYSTEM_TENANT_ID,
  type TenantQuotas,
  type TenantStatus,
} from '@posthorn/core';
import type { Tenant as TenantRow } from '../generated/client.js';
import { insertApiKey, type NewApiKey } from '../access/api-keys.js';
import { audit, auditChange, type AuditSnapshot } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { containsText } from '../prisma-client/contains-text.js';
import { toJson } from '../prisma-client/json.js';
import {
  type CertificateChange,
  type CertificatesRecord,
  replaceCertificates,
  certificatesSnapshot,
  toCertificatesRecord,
  withCertificates,
} from '../webhooks/certificates.js';
import type { RequestChange } from '../webhooks/change-webhook.js';
import { changesRequestsOfTenant } from '../webhooks/changes-requests.js';
import { releaseFormat, storeFormat, toDeliveryFormat } from '../webhooks/delivery-formats.js';
import { type Page, type PageRequest, toPage } from '../prisma-client/page.js';
import { isUniqueViolation } from '../prisma-client/prisma-errors.js';
import { prepareRetention } from '../retention/prepare-retention.js';
import { lockTenant } from '../tenancy/lock-tenant.js';
import { quotaColumns, quotasOf } from '../tenancy/quotas.js';

/** The columns of a tenant that are not settings, or that have the settings in another form. */
const OTHER_COLUMNS = [
  'id',
  'payloadDays',
  'historyDays',
  'proxySealed',
  'quotaWebhooks',
  'quotaApiKeys',
  'quotaPortalLinks',
  'quotaEventsPerSecond',
  'quotaEventBytes',
  'status',
  'epoch',
  'droppedEpoch',
  'suspendedAt',
  'suspendReason',
  'suspendedByName',
  'reactivatedAt',
  'deletedAt',
  'purgeAt',
  'createdAt',
] as const satisfies (keyof TenantRow)[];

type ReferenceColumn = 'formatId' | 'clientCertificateId' | 'caCertificatesId';

export interface Tenant extends Omit<TenantRow, ReferenceColumn | 'metadata' | 'locale'>, CertificatesRecord {
  locale: Locale | null;
  metadata: Record<string, unknown>;
  /** The default of its webhooks. Null for the standard format. */
  deliveryFormat: DeliveryFormat | null;
}

/** How requests to the webhooks of a tenant leave. */
export type TenantEgress = Pick<Tenant, 'proxySealed' | 'privateNetworks'>;

/** The settings of a tenant. `prisma/schema.prisma` describes the columns. */
interface TenantSettings
  extends
    Omit<Tenant, (typeof OTHER_COLUMNS)[number] | keyof CertificatesRecord>,
    Pick<Tenant, 'payloadDays' | 'historyDays' | 'proxySealed'> {
  quotas: Partial<TenantQuotas>;
  certificates: CertificateChange;
}

const withFormat = { format: { select: { spec: true } }, ...withCertificates } as const;

function toTenant(
  tenant: TenantRow & { format: { spec: unknown } | null } & Parameters<typeof toCertificatesRecord>[0],
): Tenant {
  const { format, metadata, locale, ...columns } = tenant;
  const { formatId: _format, clientCertificateId: _client, caCertificatesId: _ca, ...row } = columns;
  return {
    ...row,
    ...toCertificatesRecord(tenant),
    locale: LOCALES.find((known) => known === locale) ?? null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this package writes the column
    metadata: metadata as Record<string, unknown>,
    deliveryFormat: toDeliveryFormat(format),
  };
}

/** Absent settings get their defaults. */
type NewTenant = Partial<TenantSettings> & Pick<Tenant, 'id' | 'name'>;

/**
 * Creates a tenant and its first API key, which its quota of keys does not restrict.
 * @returns null if the name or the external id already exists
 */
export async function createTenant(
  prisma: PrismaDb,
  { id, quotas, deliveryFormat, certificates = {}, metadata, ...settings }: NewTenant,
  key: NewApiKey,
  actor: Actor,
): Promise<Tenant | null> {
  return prisma.$transaction(async (transaction) => {
    const row = {
      id,
      ...settings,
      ...(metadata && { metadata: toJson(metadata) }),
      ...quotaColumns(quotas ?? {}),
    };
    const { count } = await transaction.tenant.createMany({ data: [row], skipDuplicates: true });
    if (count === 0) return null;
    const formatId = deliveryFormat ? await storeFormat(transaction, id, deliveryFormat) : null;
    const owner = { tenantId: id, webhookId: null };
    const data = { formatId, ...(await replaceCertificates(transaction, owner, certificates)) };
    await prepareRetention(transaction, settings);
    const tenant = toTenant(await transaction.tenant.update({ where: { id }, data, include: withFormat }));
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

/** Absent settings and quotas stay as they are. */
type ChangedSettings = Partial<TenantSettings>;

interface TenantChange {
  /** A function gets the current tenant while its row is locked. */
  settings: ChangedSettings | ((current: Tenant) => ChangedSettings);
  actor: Actor;
  /** What the audit log shows of sealed settings. */
  shown?: (tenant: Tenant) => AuditSnapshot;
  /** Called with the current tenant while its row is locked. An error that it throws rolls back. */
  assertUnchanged?: (current: Tenant) => void;
}

/**
 * Changes a tenant.
 * @returns the changed tenant, `not_found`, or `taken` if another one has the name or the external id
 */
export async function updateTenant(
  prisma: PrismaDb,
  id: string,
  { settings: change, actor, shown, assertUnchanged }: TenantChange,
): Promise<({ tenant: Tenant } & RequestChange) | 'not_found' | 'taken'> {
  try {
    return await prisma.$transaction(async (transaction) => {
      await lockTenant(transaction, id);
      const row = await transaction.tenant.findUnique({ where: { id }, include: withFormat });
      if (!row) return 'not_found';
      const before = toTenant(row);
      if (before.status === 'deleted') return 'not_found';
      assertUnchanged?.(before);
      const changed = typeof change === 'function' ? change(before) : change;
      const { quotas, deliveryFormat, certificates = {}, metadata, ...settings } = changed;
      if (deliveryFormat !== undefined) await releaseFormat(transaction, row.formatId);
      const formatId = deliveryFormat && (await storeFormat(transaction, id, deliveryFormat));
      const data = {
        ...settings,
        ...(metadata && { metadata: toJson(metadata) }),
        ...quotaColumns(quotas ?? {}),
        ...(formatId !== undefined && { formatId }),
        ...(await replaceCertificates(transaction, { tenantId: id, webhookId: null }, certificates)),
      };
      const changedRow = await transaction.tenant.update({ where: { id }, data, include: withFormat });
      const after = toTenant(changedRow);
      await prepareRetention(transaction, settings);
      await auditChange(
        transaction,
        {
          actor,
          action: 'tenant.updated',
          snapshot: (tenant) => ({ ...toSnapshot(tenant), ...shown?.(tenant) }),
        },
        { before: { ...before, tenantId: id }, after: { ...after, tenantId: id } },
      );
      return { tenant: after, changesRequests: changesRequestsOfTenant(row, changedRow) };
    });
  } catch (error) {
    if (isUniqueViolation(error)) return 'taken';
    throw error;
  }
}

/** Returns the id of the tenant with this external id, or null. @throws PosthornError `tenant_deleted` */
export async function findTenantId(prisma: PrismaDb, externalId: string): Promise<string | null> {
  const row = await prisma.tenant.findUnique({ where: { externalId }, select: { id: true, status: true } });
  if (row?.status === 'deleted') throw new PosthornError('tenant_deleted');
  return row?.id ?? null;
}

/** Returns the ids of the tenants that exist, also of deleted ones, by external id. */
export async function findTenantIds(
  prisma: PrismaDb,
  externalIds: readonly string[],
): Promise<Map<string, string>> {
  const where = { externalId: { in: [...externalIds] } };
  const rows = await prisma.tenant.findMany({ where, select: { id: true, externalId: true } });
  return new Map(rows.map(({ id, externalId }) => [externalId ?? '', id]));
}

export const findTenant = (prisma: PrismaDb, id: string): Promise<Tenant | null> => readTenant(prisma, id);

export async function readTenant(transaction: PrismaTransaction, id: string): Promise<Tenant | null> {
  const row = await transaction.tenant.findUnique({ where: { id }, include: withFormat });
  return row && toTenant(row);
}

function toSnapshot(tenant: Tenant): AuditSnapshot {
  const { payloadDays, historyDays } = tenant;
  const settings = Object.entries(tenant).filter(([name]) => !OTHER_COLUMNS.some((other) => other === name));
  return {
    ...Object.fromEntries(settings),
    quotas: quotasOf(tenant),
    retention: { payloadDays, historyDays },
    ...certificatesSnapshot(tenant),
  };
}

interface TenantFilter {
  /** Without it, all but the deleted ones. */
  status?: TenantStatus | undefined;
  /** Tags that all of them have. */
  tag?: string[] | undefined;
  /** A part of the name or of the external id, case-insensitive. */
  search?: string | undefined;
}

/** Returns tenants, newest first. */
export async function listTenants(
  prisma: PrismaDb,
  { limit, cursor, status, tag, search }: PageRequest & TenantFilter,
): Promise<Page<Tenant>> {
  const rows = await prisma.tenant.findMany({
    where: {
      status: status ?? { not: 'deleted' },
      ...(tag && { tags: { hasEvery: tag } }),
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

/** Returns whether a tenant exists and is not deleted. */
export async function tenantExists(prisma: PrismaDb, id: string): Promise<boolean> {
  return (await prisma.tenant.count({ where: { id, status: { not: 'deleted' } } })) > 0;
}

/** Returns how requests to the webhooks of a tenant leave. */
export async function findTenantEgress(prisma: PrismaDb, id: string): Promise<TenantEgress> {
  const row = await prisma.tenant.findUnique({
    where: { id },
    select: { proxySealed: true, privateNetworks: true },
  });
  return row ?? { proxySealed: null, privateNetworks: [] };
}

/** Returns the names of tenants, in the order of the names. */
export async function findTenantNames(
  prisma: PrismaDb,
  ids: readonly string[],
): Promise<{ id: string; name: string }[]> {
  return prisma.tenant.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, name: true },
    orderBy: { name: 'asc' },
  });
}

/** Returns the status of a tenant; `deleted` if it does not exist. */
export async function readTenantStatus(prisma: PrismaTransaction, id: string): Promise<TenantStatus> {
  const row = await prisma.tenant.findUnique({ where: { id }, select: { status: true } });
  return row?.status ?? 'deleted';
}
