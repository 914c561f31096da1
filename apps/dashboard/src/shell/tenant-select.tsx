import { Select } from '@mantine/core';
import { api } from '../api/api.js';
import { useSearchParams } from '../search/use-search-params.js';
import { useTenantId } from '../search/use-tenant-id.js';

/** Tenants to choose from. */
const MAX_TENANTS = 200;

/** Selects the tenant to show, for keys of all tenants. The selection stays in the URL across pages. */
export default function TenantSelect() {
  const [, change] = useSearchParams();
  const tenantId = useTenantId();
  const { data } = api.useQuery('get', '/v1/tenants', { params: { query: { limit: MAX_TENANTS } } });
  const tenants = (data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const isKnown = tenantId === undefined || tenants.some(({ value }) => value === tenantId);
  return (
    <Select
      aria-label="Tenant"
      placeholder="All tenants"
      data={isKnown ? tenants : [...tenants, { value: tenantId, label: tenantId }]}
      value={tenantId ?? null}
      onChange={(selected) => change({ tenant: selected ?? undefined })}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Show all tenants' }}
      nothingFoundMessage="No results"
    />
  );
}
