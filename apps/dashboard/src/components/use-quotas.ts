import type { components } from '../generated/api.js';
import { useTenantId } from '../search/use-tenant-id.js';
import { api } from '../api/api.js';
import { useSession } from '../api/session.js';
import { SYSTEM_SCOPE } from '../api/system-scope.js';

type TenantDetails = components['schemas']['TenantDetails'];

/** A resource that a tenant may have only so many of. */
export type CountedResource = keyof TenantDetails['usage'];

export interface Quota {
  used: number;
  limit: number;
}

/** From this share of a quota on, pages warn. */
const WARNING_SHARE = 0.8;

export const isFull = ({ used, limit }: Quota): boolean => used >= limit;

export const isNearlyFull = ({ used, limit }: Quota): boolean => used >= limit * WARNING_SHARE;

/** Returns the quotas of the tenant that is shown. Undefined until they are loaded, and if all tenants are shown. */
export function useQuotas(): Record<CountedResource, Quota> | undefined {
  const ownTenantId = useSession().holder.tenantId;
  return useQuotasOf(useTenantId() ?? ownTenantId ?? undefined);
}

/** Returns the quotas of a tenant. Undefined until they are loaded, and without a tenant. */
export function useQuotasOf(id: string | undefined): Record<CountedResource, Quota> | undefined {
  // The webhooks of the operator have none.
  const enabled = id !== undefined && id !== SYSTEM_SCOPE;
  const { data } = api.useQuery(
    'get',
    '/v1/tenants/{id}',
    { params: { path: { id: id ?? '' } } },
    { enabled },
  );
  return data && quotasOf(data);
}

export function quotasOf({ usage, effectiveQuotas: limits }: TenantDetails): Record<CountedResource, Quota> {
  return {
    webhooks: { used: usage.webhooks, limit: limits.webhooks },
    apiKeys: { used: usage.apiKeys, limit: limits.apiKeys },
    portalLinks: { used: usage.portalLinks, limit: limits.portalLinks },
  };
}
