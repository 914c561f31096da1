import type { DropReason } from '@posthorn/core';
import { dropPendingOfTenant } from '@posthorn/database/deliveries';
import { readTenantFence } from '@posthorn/database/tenants';
import type { Tenant } from '@posthorn/database/tenants/prisma';
import { type StopDeps, stopRequests } from '../webhooks/stop-requests.js';
import type { TenantDeps } from './deps.js';

export type StopTenantDeps = StopDeps & Pick<TenantDeps, 'pool' | 'bulkPool' | 'fences'>;

interface TenantStop {
  tenantId: string;
  /** Makes the change that stops requests. */
  change: () => Promise<Tenant>;
  dropReason: DropReason;
}

/** Stops requests to all webhooks of a tenant and returns once none can start. */
export async function stopTenant(
  { tenantId, change, dropReason }: TenantStop,
  deps: StopTenantDeps,
): Promise<{ tenant: Tenant; droppedDeliveries: number }> {
  const { changed: tenant, droppedDeliveries } = await stopRequests(
    {
      change,
      fenceOf: ({ epoch, status }) => ({ tenantId, epoch, isDeleted: status === 'deleted' }),
      readFence: () => readTenantFence(deps.pool, tenantId),
      raise: (fence) => deps.fences.raiseTenants([fence]),
      drop: ({ epoch }) => dropPendingOfTenant(deps.bulkPool, { tenantId, epoch }),
      dropReason,
    },
    deps,
  );
  return { tenant, droppedDeliveries };
}
