import { keepPreviousData } from '@tanstack/react-query';

/** Rows of one page of a list. */
export const PAGE_SIZE = 100;

/** The options of every list that is read page by page: `api.useInfiniteQuery('get', path, init, PAGED)`. */
export const PAGED = {
  pageParamName: 'cursor',
  initialPageParam: null,
  getNextPageParam: ({ nextCursor }: { nextCursor: string | null }) => nextCursor,
  // New filters: the old rows stay, dimmed, until the new ones are there.
  placeholderData: keepPreviousData,
};
