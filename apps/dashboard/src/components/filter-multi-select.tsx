import { MultiSelect, type ComboboxItem } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';
import { t } from '../i18n/t.js';

interface FilterMultiSelectProps {
  param: string;
  label: string;
  /** Shown when nothing is selected: "Any status". */
  placeholder: string;
  data: readonly ComboboxItem[];
  /** Matches values that can be typed and are not in `data`. */
  other?: RegExp;
}

/** Optional choices bound to a search parameter, separated by commas. */
export function FilterMultiSelect({ param, label, placeholder, data, other }: FilterMultiSelectProps) {
  const [search, change] = useSearchParams();
  const [typed, setTyped] = useState('');
  const value = search[param];
  const selected = typeof value === 'string' ? value.split(',') : [];
  const typedValues = other?.test(typed) ? [typed] : [];
  const others = [...selected, ...typedValues].filter((each) => !data.some((item) => item.value === each));
  return (
    <MultiSelect
      className={classes.select}
      aria-label={label}
      placeholder={selected.length === 0 ? placeholder : ''}
      data={[...data, ...new Set(others)]}
      value={selected}
      onChange={(values) => change({ [param]: values.join(',') || undefined })}
      searchable={other !== undefined}
      searchValue={typed}
      onSearchChange={setTyped}
      clearable
      clearButtonProps={{ 'aria-label': t('Clear filter: {{label}}', { label }) }}
      nothingFoundMessage={t('No results')}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
    />
  );
}
