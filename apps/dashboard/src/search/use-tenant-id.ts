import { useSearchParams } from './use-search-params.js';

/** Returns the selected tenant, for the `tenantId` of calls; undefined for all tenants of the key. */
export function useTenantId(): string | undefined {
  const [{ tenant }] = useSearchParams();
  return typeof tenant === 'string' ? tenant : undefined;
}
