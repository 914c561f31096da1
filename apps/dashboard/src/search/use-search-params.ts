import { useNavigate, useSearch } from '@tanstack/react-router';

type Params = Record<string, unknown>;

/** The parameters in the address, and a way to change some of them; undefined takes one out. What a page may have, its route says. */
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
