import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import type { Delivery, Explanation } from '../../api/types.js';
import type { Pages } from '../../components/data-table.js';

/** A webhook that an event was sent to, or the explanation of why it was not. */
export type EventWebhook = { id: string } & ({ delivery: Delivery } | { explanation: Explanation });

/** Loads the deliveries of an event, then the webhooks that have none. Without access to deliveries, it explains all webhooks. */
export function useEventWebhooks(id: string): Pages<EventWebhook> {
  const seesDeliveries = useCan('deliveries:read');
  const deliveries = api.useInfiniteQuery(
    'get',
    '/v1/events/{id}/deliveries',
    { params: { path: { id }, query: { limit: PAGE_SIZE } } },
    { ...PAGINATION, enabled: seesDeliveries },
  );
  const hasAllDeliveries = !seesDeliveries || (deliveries.data !== undefined && !deliveries.hasNextPage);
  const others = api.useInfiniteQuery(
    'get',
    '/v1/events/{id}/explain',
    {
      params: { path: { id }, query: { limit: PAGE_SIZE, matched: seesDeliveries ? false : undefined } },
    },
    { ...PAGINATION, enabled: hasAllDeliveries },
  );
  const pages: { data: EventWebhook[] }[] = [
    ...(deliveries.data?.pages ?? []).map(({ data }) => ({
      data: data.map((delivery) => ({ id: delivery.id, delivery })),
    })),
    ...(others.data?.pages ?? []).map(({ data }) => ({
      data: data.map((explanation) => ({ id: explanation.webhookId, explanation })),
    })),
  ];
  const isEmpty = pages.every(({ data }) => data.length === 0);
  const current = hasAllDeliveries ? others : deliveries;
  const failed = deliveries.isError ? deliveries : others;
  return {
    data: isEmpty && !others.data ? undefined : { pages },
    error: failed.error,
    isPlaceholderData: deliveries.isPlaceholderData,
    isFetching: deliveries.isFetching || others.isFetching,
    hasNextPage: deliveries.hasNextPage || others.hasNextPage,
    isFetchingNextPage: current.isFetchingNextPage || (!isEmpty && others.isLoading),
    isFetchNextPageError: failed.isFetchNextPageError,
    fetchNextPage: () => (current.data ? current.fetchNextPage() : current.refetch()),
    refetch: () => failed.refetch(),
  };
}
