import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { useAllows } from '../../api/session.js';
import { createContext, use, type ReactNode } from 'react';
import { SearchDialog } from './search-dialog.js';

const OpenSearch = createContext<() => void>(() => {});

/** Returns a function that opens the search. */
export const useOpenSearch = (): (() => void) => use(OpenSearch);

/** Opens the search with Ctrl+K or ⌘K, also from a text field. It is part of the page: one that is still loading would miss what is typed. */
export function SearchProvider({ children }: { children: ReactNode }) {
  const [isOpen, { open, close, toggle }] = useDisclosure();
  const isAllowed = useAllows('search');
  useHotkeys(isAllowed ? [['mod+K', toggle]] : [], []);
  return (
    <OpenSearch value={open}>
      {children}
      {isOpen && <SearchDialog onClose={close} />}
    </OpenSearch>
  );
}
