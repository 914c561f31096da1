import { Select, type ComboboxData } from '@mantine/core';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';
import { t } from '../i18n/t.js';

interface FilterSelectProps {
  param: string;
  label: string;
  /** Shown when nothing is selected: "Any status". */
  placeholder: string;
  data: ComboboxData;
  searchable?: boolean;
}

/** An optional choice bound to a search parameter. */
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
      onChange={(selected) => change({ [param]: selected ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': t('Clear filter: {{label}}', { label }) }}
      searchable={searchable}
      nothingFoundMessage={t('No results')}
    />
  );
}
