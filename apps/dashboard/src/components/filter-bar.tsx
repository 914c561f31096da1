import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';
import { t } from '../i18n/t.js';

interface FilterBarProps {
  /** The search parameters that "Clear filters" removes. */
  params: readonly string[];
  /** FilterSearch, FilterSelect, TimeRangePicker and buttons. */
  children?: ReactNode;
}

/** The filters of a list. They are search parameters, so that a filtered list can be bookmarked and shared. */
export function FilterBar({ params, children }: FilterBarProps) {
  const [search, change] = useSearchParams();
  const isFiltered = params.some((param) => search[param] !== undefined);
  return (
    <search className={classes.bar}>
      {children}
      {isFiltered && (
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          onClick={() => change(Object.fromEntries(params.map((param) => [param, undefined])))}
        >
          {t('Clear filters')}
        </Button>
      )}
    </search>
  );
}
