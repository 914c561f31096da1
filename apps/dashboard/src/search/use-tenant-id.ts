import { useSession } from '../api/session.js';
import { useSearchParams } from './use-search-params.js';

/** Returns the selected tenant, for the `tenantId` of calls; undefined for all tenants of the key. A key that is limited to tenants always has one. */
export function useTenantId(): string | undefined {
  const [{ tenant }] = useSearchParams();
  const { tenants } = useSession();
  if (tenants !== null) return (tenants.find(({ id }) => id === tenant) ?? tenants[0])?.id;
  return typeof tenant === 'string' ? tenant : undefined;
}
