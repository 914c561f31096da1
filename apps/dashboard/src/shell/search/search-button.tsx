import { Kbd, UnstyledButton } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { Search } from 'lucide-react';
import { useOpenSearch } from './search-context.js';
import classes from './search-button.module.css';

/** Looks like a field, and opens the search. */
export function SearchButton({ label = 'Search' }: { label?: string }) {
  const open = useOpenSearch();
  const isMac = ['macos', 'ios'].includes(useOs());
  return (
    <UnstyledButton
      className={classes.button}
      onClick={open}
      aria-keyshortcuts={isMac ? 'Meta+K' : 'Control+K'}
    >
      <Search size={15} aria-hidden />
      <span className={classes.label}>{label}</span>
      <Kbd size="xs" aria-hidden>
        {isMac ? '⌘K' : 'Ctrl K'}
      </Kbd>
    </UnstyledButton>
  );
}
