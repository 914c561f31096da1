import { useEffect } from 'react';
import { api } from '../../api/api.js';
import { PAGINATION } from '../../api/pagination.js';
import type { Delivery } from '../../api/types.js';

const ATTEMPTS_PER_PAGE = 20;

/** Loads the attempts of a delivery, newest first. Refetches when the delivery has a new attempt. */
export function useAttempts({ id, attemptCount }: Delivery) {
  const list = api.useInfiniteQuery(
    'get',
    '/v1/deliveries/{id}/attempts',
    { params: { path: { id }, query: { limit: ATTEMPTS_PER_PAGE } } },
    PAGINATION,
  );
  const { isSuccess, refetch } = list;
  const attempts = list.data?.pages.flatMap(({ data }) => data);
  const newest = attempts?.[0]?.number ?? 0;
  useEffect(() => {
    if (isSuccess && newest < attemptCount) void refetch();
  }, [isSuccess, newest, attemptCount, refetch]);
  return { ...list, attempts };
}
