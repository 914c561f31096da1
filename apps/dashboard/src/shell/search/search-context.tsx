import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { useAllows } from '../../api/session.js';
import { createContext, lazy, Suspense, use, type ReactNode } from 'react';

const SearchDialog = lazy(() => import('./search-dialog.js'));

const OpenSearch = createContext<() => void>(() => {});

/** Returns a function that opens the search. */
export const useOpenSearch = (): (() => void) => use(OpenSearch);

/** Opens the search with Ctrl+K or ⌘K, also from a text field. It is loaded when it is opened first. */
export function SearchProvider({ children }: { children: ReactNode }) {
  const [isOpen, { open, close, toggle }] = useDisclosure();
  const isAllowed = useAllows('search');
  useHotkeys(isAllowed ? [['mod+K', toggle]] : [], []);
  return (
    <OpenSearch value={open}>
      {children}
      {isOpen && (
        <Suspense>
          <SearchDialog onClose={close} />
        </Suspense>
      )}
    </OpenSearch>
  );
}
