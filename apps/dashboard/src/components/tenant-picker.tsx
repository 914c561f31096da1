import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { api } from '../api/api.js';
import { SYSTEM_SCOPE } from '../api/system-scope.js';

/** Tenants to choose from; search finds the others. */
const MAX_TENANTS = 50;
const DEBOUNCE_MS = 250;

interface TenantPickerProps extends Omit<
  SelectProps,
  'data' | 'filter' | 'searchable' | 'searchValue' | 'onSearchChange' | 'onDropdownClose'
> {
  /** Null if none is selected. */
  value: string | null;
  /** Choices besides the tenants that the search found. */
  others?: { value: string; label: string }[];
}

/** Selects a tenant. Searches by name and external ID. */
export function TenantPicker({ value, others, ...select }: TenantPickerProps) {
  const selected = api.useQuery(
    'get',
    '/v1/tenants/{id}',
    { params: { path: { id: value ?? '' } } },
    { enabled: value !== null && value !== SYSTEM_SCOPE },
  );
  const [typed, setTyped] = useState<string | null>(null);
  const [search] = useDebouncedValue(typed?.trim() || undefined, DEBOUNCE_MS);
  const { data, isPending } = api.useQuery('get', '/v1/tenants', {
    params: { query: { limit: MAX_TENANTS, search } },
  });
  const found = (data?.data ?? []).map((tenant) => ({ value: tenant.id, label: tenant.name }));
  const choices = [...found, ...(others ?? [])];
  const name = choices.find((option) => option.value === value)?.label ?? selected.data?.name ?? value ?? '';
  const current = value === null ? [] : [{ value, label: name }];
  return (
    <Select
      data={[...current, ...choices.filter((option) => option.value !== value)]}
      // The API has already filtered the options.
      filter={({ options }) => options}
      searchable
      searchValue={typed ?? name}
      onSearchChange={(text) => setTyped(text === name ? null : text)}
      onDropdownClose={() => setTyped(null)}
      value={value}
      nothingFoundMessage={isPending ? 'Searching…' : 'No results'}
      {...select}
    />
  );
}
