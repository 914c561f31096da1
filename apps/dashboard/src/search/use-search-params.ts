import { useNavigate, useSearch } from '@tanstack/react-router';

type Params = Record<string, unknown>;

/** Returns the search parameters and a function that updates some of them; undefined removes one. The route validates them. */
export function useSearchParams(): [Params, (change: Params) => void] {
  const search: Params = useSearch({ strict: false });
  const navigate = useNavigate();
  return [
    search,
    (change) =>
      void navigate({
        to: '.',
        search: (previous: Params) => ({ ...previous, ...change }),
        replace: true,
        resetScroll: false,
      }),
  ];
}
