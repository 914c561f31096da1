import { Select } from '@mantine/core';
import { api } from '../../../api/api.js';

interface TenantFieldProps {
  /** Undefined: the default tenant. */
  value: string | undefined;
  onChange: (tenantId: string | undefined) => void;
}

/** Most tenants that are offered. */
const MAX_TENANTS = 200;

/** Whose webhook it will be, for keys that may choose. */
export function TenantField({ value, onChange }: TenantFieldProps) {
  const { data } = api.useQuery('get', '/v1/tenants', { params: { query: { limit: MAX_TENANTS } } });
  return (
    <Select
      label="Tenant"
      description="It gets the events of this tenant."
      placeholder="default"
      data={(data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      value={value ?? null}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      searchable
      nothingFoundMessage="No such tenant"
    />
  );
}
