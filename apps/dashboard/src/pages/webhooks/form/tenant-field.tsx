import { Select } from '@mantine/core';
import { api } from '../../../api/api.js';
import { SYSTEM_SCOPE } from '../../../api/system-scope.js';

interface TenantFieldProps {
  /** Undefined for the default tenant. */
  value: string | undefined;
  onChange: (tenantId: string | undefined) => void;
}

/** Tenants to choose from. */
const MAX_TENANTS = 200;

/** Selects the tenant of a new webhook. */
export function TenantField({ value, onChange }: TenantFieldProps) {
  const { data } = api.useQuery('get', '/v1/tenants', { params: { query: { limit: MAX_TENANTS } } });
  return (
    <Select
      label="Tenant"
      description="The webhook receives the events of this tenant."
      placeholder="default"
      data={[
        ...(data?.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
        { value: SYSTEM_SCOPE, label: 'Operator: operational events of all tenants' },
      ]}
      value={value ?? null}
      onChange={(selected) => onChange(selected ?? undefined)}
      searchable
      nothingFoundMessage="No results"
    />
  );
}
