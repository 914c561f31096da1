import { api } from '../api/api.js';
import { useCan } from '../api/session.js';

/** The name of a tenant, as far as it is known here; else its id. */
export function TenantName({ id }: { id: string }) {
  const { data } = api.useQuery(
    'get',
    '/v1/tenants',
    { params: { query: { limit: 200 } } },
    { enabled: useCan('admin') },
  );
  return <>{data?.data.find((tenant) => tenant.id === id)?.name ?? id}</>;
}
