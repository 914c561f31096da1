import { Select, type ComboboxData } from '@mantine/core';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';

interface FilterSelectProps {
  param: string;
  label: string;
  /** What is shown when nothing is chosen: "Any state". */
  placeholder: string;
  data: ComboboxData;
  searchable?: boolean;
}

/** One of several values in the address, or none. */
export function FilterSelect({ param, label, placeholder, data, searchable = false }: FilterSelectProps) {
  const [search, change] = useSearchParams();
  const value = search[param];
  return (
    <Select
      className={classes.select}
      aria-label={label}
      placeholder={placeholder}
      data={data}
      value={typeof value === 'string' ? value : null}
      onChange={(chosen) => change({ [param]: chosen ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label.toLowerCase()}` }}
      searchable={searchable}
      nothingFoundMessage="Nothing found"
    />
  );
}
