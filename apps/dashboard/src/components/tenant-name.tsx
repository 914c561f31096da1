import { api } from '../api/api.js';
import { useCan } from '../api/session.js';

/** Shows the name of a tenant, or its ID if the name is not available. */
export function TenantName({ id }: { id: string }) {
  const { data } = api.useQuery(
    'get',
    '/v1/tenants',
    { params: { query: { limit: 200 } } },
    { enabled: useCan('admin') },
  );
  return <>{data?.data.find((tenant) => tenant.id === id)?.name ?? id}</>;
}
