import { api } from '../api/api.js';
import { useCan, useSeesAllTenants, useSession } from '../api/session.js';
import { SYSTEM_TENANT_ID } from '../api/system-scope.js';

/** Tenants loaded by one list call. Any others are loaded one by one. */
const MAX_LISTED = 200;

/** Names rarely change, so rows that scroll into view reuse the cache. */
const STALE_MS = 5 * 60_000;

/** Shows the name of a tenant, or its ID if the name is not available. */
export function TenantName({ id }: { id: string }) {
  const isSystem = id === SYSTEM_TENANT_ID;
  const { tenants } = useSession();
  const seesAll = useSeesAllTenants();
  const enabled = useCan('admin:read') && seesAll && !isSystem;
  const list = api.useQuery(
    'get',
    '/v1/tenants',
    { params: { query: { limit: MAX_LISTED } } },
    { enabled, staleTime: STALE_MS },
  );
  const listed = (tenants ?? list.data?.data)?.find((tenant) => tenant.id === id);
  const single = api.useQuery(
    'get',
    '/v1/tenants/{id}',
    { params: { path: { id } } },
    { enabled: enabled && !list.isPending && listed === undefined, staleTime: STALE_MS },
  );
  return <>{isSystem ? 'Operator' : ((listed ?? single.data)?.name ?? id)}</>;
}
