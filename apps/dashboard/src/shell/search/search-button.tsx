import { ActionIcon, Kbd, UnstyledButton } from '@mantine/core';
import { useOs } from '@mantine/hooks';
import { Search } from 'lucide-react';
import { useAllows } from '../../api/session.js';
import { useOpenSearch } from './search-context.js';
import classes from './search-button.module.css';
import { t } from '../../i18n/t.js';

/** Looks like a field, and opens the search. Absent if a portal link does not allow it. */
export function SearchButton() {
  const open = useOpenSearch();
  const isMac = ['macos', 'ios'].includes(useOs());
  if (!useAllows('search')) return null;
  return (
    <UnstyledButton
      className={classes.button}
      onClick={open}
      aria-keyshortcuts={isMac ? 'Meta+K' : 'Control+K'}
    >
      <Search size={15} aria-hidden />
      <span className={classes.label}>{t('Search')}</span>
      <Kbd size="xs" aria-hidden>
        {isMac ? '⌘K' : 'Ctrl K'}
      </Kbd>
    </UnstyledButton>
  );
}

/** Opens the search on narrow screens, where the field is in the menu. */
export function SearchIcon() {
  const open = useOpenSearch();
  if (!useAllows('search')) return null;
  return (
    <ActionIcon variant="subtle" color="gray" size="lg" ml="auto" aria-label={t('Search')} onClick={open}>
      <Search size={18} aria-hidden />
    </ActionIcon>
  );
}
