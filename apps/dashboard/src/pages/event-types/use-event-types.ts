import { useEffect } from 'react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useAllows } from '../../api/session.js';
import type { components } from '../../generated/api.js';

export type EventType = components['schemas']['EventType'];

/** Loads all pages of the catalog, because grouping needs every event type. None if a portal link does not allow the catalog. */
export function useEventTypes() {
  const list = api.useInfiniteQuery(
    'get',
    '/v1/event-types',
    { params: { query: { limit: PAGE_SIZE } } },
    { ...PAGINATION, enabled: useAllows('catalog') },
  );
  const { hasNextPage, isFetching, isError, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  return { ...list, eventTypes: list.data?.pages.flatMap(({ data }) => data) };
}
