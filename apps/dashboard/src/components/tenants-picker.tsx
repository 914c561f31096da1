import { MultiSelect, type MultiSelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/api.js';

/** Tenants to choose from; search finds the others. */
const MAX_OFFERED = 50;
/** As the API. */
const MAX_SELECTED = 100;
const DEBOUNCE_MS = 250;

interface TenantsPickerProps extends Pick<MultiSelectProps, 'label' | 'placeholder' | 'error'> {
  value: string[];
  onChange: (value: string[]) => void;
}

/** Selects several tenants. Searches by name and external ID. */
export function TenantsPicker({ value, onChange, placeholder, ...select }: TenantsPickerProps) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim() || undefined, DEBOUNCE_MS);
  const { data, isPending } = api.useQuery('get', '/v1/tenants', {
    params: { query: { limit: MAX_OFFERED, search } },
  });
  const found = (data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  // Those that were selected before are not among the results of another search.
  const others = value.filter((id) => !found.some((option) => option.value === id));
  const names = useQueries({
    queries: others.map((id) => api.queryOptions('get', '/v1/tenants/{id}', { params: { path: { id } } })),
  });
  const selected = others.map((id, index) => ({ value: id, label: names[index]?.data?.name ?? id }));
  return (
    <MultiSelect
      data={[...selected, ...found]}
      // The API has already filtered the options.
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      hidePickedOptions
      maxValues={MAX_SELECTED}
      clearable
      clearButtonProps={{ 'aria-label': 'Select all tenants' }}
      placeholder={value.length === 0 ? (placeholder ?? '') : ''}
      nothingFoundMessage={isPending ? 'Searching…' : 'No results'}
      {...select}
    />
  );
}
