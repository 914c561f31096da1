import { keepPreviousData } from '@tanstack/react-query';

/** Rows of one page of a list. */
export const PAGE_SIZE = 100;

/** Most pages that are read anew by themselves: each is a call, and whoever scrolled further wants to stay where they are. */
const MAX_REFETCHED_PAGES = 3;

/** The options of every list that is read page by page: `api.useInfiniteQuery('get', path, init, PAGINATION)`. */
export const PAGINATION = {
  pageParamName: 'cursor',
  initialPageParam: null,
  getNextPageParam: ({ nextCursor }: { nextCursor: string | null }) => nextCursor,
  // New filters: the old rows stay, dimmed, until the new ones are there.
  placeholderData: keepPreviousData,
  refetchOnMount: isShort,
  refetchOnWindowFocus: isShort,
  refetchOnReconnect: isShort,
};

function isShort({ state }: { state: { data: { pages: unknown[] } | undefined } }): boolean {
  return (state.data?.pages.length ?? 0) <= MAX_REFETCHED_PAGES;
}
