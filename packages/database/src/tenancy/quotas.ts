import {
  type CountedResource,
  PosthornError,
  type ResourceCounts,
  type TenantQuotas,
  reason,
} from '@posthorn/core';
import { Prisma, type Tenant } from '../generated/client.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { lockTenant } from './lock-tenant.js';

/** A resource that is about to be created. */
export interface Creation {
  resource: CountedResource;
  tenantId: string;
  /** The quota of a tenant without its own. */
  defaultQuota: number;
}

const isActive = (alias: 'k' | 'p') =>
  Prisma.raw(`${alias}.revoked_at IS NULL AND (${alias}.expires_at IS NULL OR ${alias}.expires_at > now())`);

/** Counts the resources of a tenant that exist: not deleted, revoked or expired. */
const counts: Record<CountedResource, (tenantId: string) => Prisma.Sql> = {
  webhooks: (tenantId) => Prisma.sql`
    SELECT count(*)::int FROM webhook WHERE tenant_id = ${tenantId}::uuid AND status <> 'deleted'`,
  apiKeys: (tenantId) => Prisma.sql`
    SELECT count(*)::int FROM api_key k
    WHERE k.tenant_id = ${tenantId}::uuid AND k.kind = 'key' AND ${isActive('k')}`,
  portalLinks: (tenantId) => Prisma.sql`
    SELECT count(*)::int FROM api_key k JOIN api_key p ON p.id = k.parent_id
    WHERE k.tenant_id = ${tenantId}::uuid AND k.kind = 'portal' AND ${isActive('k')} AND ${isActive('p')}`,
};

const QUOTA_COLUMNS: Record<CountedResource, Prisma.Sql> = {
  webhooks: Prisma.sql`quota_webhooks`,
  apiKeys: Prisma.sql`quota_api_keys`,
  portalLinks: Prisma.sql`quota_portal_links`,
};

/**
 * Verifies that a tenant may have one more of a resource, and makes other creations of the tenant wait for the end of the
 * transaction, so that the count is exact.
 *
 * @throws PosthornError `quota_exceeded`
 */
export async function reserveQuota(
  transaction: PrismaTransaction,
  { resource, tenantId, defaultQuota }: Creation,
): Promise<void> {
  await lockTenant(transaction, tenantId);
  // A separate statement: it has to see what was committed while the lock was awaited.
  const [row] = await transaction.$queryRaw<{ quota: number | null; used: number }[]>`
    SELECT ${QUOTA_COLUMNS[resource]} AS quota, (${counts[resource](tenantId)}) AS used FROM tenant WHERE id = ${tenantId}::uuid`;
  const quota = row?.quota ?? defaultQuota;
  if ((row?.used ?? 0) >= quota) throw quotaExceeded(resource, quota);
}

const REASONS = {
  webhooks: 'webhook_quota',
  apiKeys: 'api_key_quota',
  portalLinks: 'portal_link_quota',
} as const;

const quotaExceeded = (resource: CountedResource, quota: number) =>
  new PosthornError('quota_exceeded', {
    reason: reason(REASONS[resource], { max: quota }),
    extra: { quota: resource, limit: quota },
  });

/** Returns how many of each counted resource a tenant has. */
export async function countResources(prisma: PrismaDb, tenantId: string): Promise<ResourceCounts> {
  const [row] = await prisma.$queryRaw<ResourceCounts[]>`
    SELECT (${counts.webhooks(tenantId)}) AS webhooks, (${counts.apiKeys(tenantId)}) AS "apiKeys",
      (${counts.portalLinks(tenantId)}) AS "portalLinks"`;
  return row ?? { webhooks: 0, apiKeys: 0, portalLinks: 0 };
}

/** Returns the quotas set for a tenant. */
export function quotasOf(tenant: Pick<Tenant, `quota${string}` & keyof Tenant>): TenantQuotas {
  return {
    webhooks: tenant.quotaWebhooks,
    apiKeys: tenant.quotaApiKeys,
    portalLinks: tenant.quotaPortalLinks,
    eventsPerSecond: tenant.quotaEventsPerSecond,
    eventBytes: tenant.quotaEventBytes,
  };
}

/** Returns the columns of quotas. Those that are absent do not change. */
export function quotaColumns(quotas: Partial<TenantQuotas>) {
  const { webhooks, apiKeys, portalLinks, eventsPerSecond, eventBytes } = quotas;
  return {
    ...(webhooks !== undefined && { quotaWebhooks: webhooks }),
    ...(apiKeys !== undefined && { quotaApiKeys: apiKeys }),
    ...(portalLinks !== undefined && { quotaPortalLinks: portalLinks }),
    ...(eventsPerSecond !== undefined && { quotaEventsPerSecond: eventsPerSecond }),
    ...(eventBytes !== undefined && { quotaEventBytes: eventBytes }),
  };
}
