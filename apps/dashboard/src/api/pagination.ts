import { keepPreviousData } from '@tanstack/react-query';

/** Rows per page of a list. */
export const PAGE_SIZE = 100;

/** Longer lists are not refetched automatically: each page costs a call, and the user would lose the scroll position. */
const MAX_REFETCHED_PAGES = 3;

/** Options of every paginated list: `api.useInfiniteQuery('get', path, init, PAGINATION)`. */
export const PAGINATION = {
  pageParamName: 'cursor',
  initialPageParam: null,
  getNextPageParam: ({ nextCursor }: { nextCursor: string | null }) => nextCursor,
  // After a change of filters, the old rows stay visible, dimmed, until the new ones arrive.
  placeholderData: keepPreviousData,
  refetchOnMount: isShort,
  refetchOnWindowFocus: isShort,
  refetchOnReconnect: isShort,
};

function isShort({ state }: { state: { data: { pages: unknown[] } | undefined } }): boolean {
  return (state.data?.pages.length ?? 0) <= MAX_REFETCHED_PAGES;
}
