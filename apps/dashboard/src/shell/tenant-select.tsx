import { Select } from '@mantine/core';
import { useSession } from '../api/session.js';
import { TenantPicker } from '../components/tenant-picker.js';
import { useSearchParams } from '../search/use-search-params.js';
import { useTenantId } from '../search/use-tenant-id.js';

/** Selects the tenant to show, for keys of several tenants. The selection stays in the URL across pages. */
export default function TenantSelect() {
  const [, change] = useSearchParams();
  const tenantId = useTenantId();
  const { tenants } = useSession();
  if (tenants !== null)
    return (
      <Select
        aria-label="Tenant"
        data={tenants.map(({ id, name }) => ({ value: id, label: name }))}
        value={tenantId ?? null}
        onChange={(selected) => change({ tenant: selected ?? undefined })}
        allowDeselect={false}
        searchable
      />
    );
  return (
    <TenantPicker
      aria-label="Tenant"
      placeholder="All tenants"
      value={tenantId ?? null}
      onChange={(selected) => change({ tenant: selected ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': 'Show all tenants' }}
    />
  );
}
