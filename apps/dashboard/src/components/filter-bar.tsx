import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';

interface FilterBarProps {
  /** The parameters that "Clear" takes out of the address. */
  params: readonly string[];
  /** FilterSearch, FilterSelect, TimeRangePicker. */
  children: ReactNode;
}

/** The filters of a list. They live in the address: it can be kept, shared, and gone back to. */
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
          Clear
        </Button>
      )}
    </search>
  );
}
