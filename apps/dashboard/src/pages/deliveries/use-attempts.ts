import { useEffect } from 'react';
import { api } from '../../api/api.js';
import { PAGINATION } from '../../api/pagination.js';
import type { Delivery } from '../../api/types.js';

const SHOWN_AT_ONCE = 20;

/** The attempts of a delivery, newest first. They are read anew once the delivery has had another. */
export function useAttempts({ id, attemptCount }: Delivery) {
  const list = api.useInfiniteQuery(
    'get',
    '/v1/deliveries/{id}/attempts',
    { params: { path: { id }, query: { limit: SHOWN_AT_ONCE } } },
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
