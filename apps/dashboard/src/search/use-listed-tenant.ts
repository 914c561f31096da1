import { useSeesAllTenants } from '../api/session.js';
import { useTenantId } from './use-tenant-id.js';

/** The `tenantId` of lists that stands for all tenants. */
const ALL_TENANTS = '*';

/** Returns the tenant whose rows a list shows, for the `tenantId` of calls: the selected one, or all that the key can access. */
export function useListedTenant(): string | undefined {
  const seesAllTenants = useSeesAllTenants();
  return useTenantId() ?? (seesAllTenants ? ALL_TENANTS : undefined);
}

/** Returns whether a list shows rows of several tenants, so that it needs the tenant of each. */
export function useShowsTenants(): boolean {
  return useListedTenant() === ALL_TENANTS;
}
