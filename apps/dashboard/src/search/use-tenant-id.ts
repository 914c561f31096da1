import { useSearchParams } from './use-search-params.js';

/** The tenant that is looked at, for the `tenantId` of calls; undefined: all that the key may see. */
export function useTenantId(): string | undefined {
  const [{ tenant }] = useSearchParams();
  return typeof tenant === 'string' ? tenant : undefined;
}
