import { useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useInvalidate } from '../../api/use-invalidate.js';
import type { Delivery } from '../../api/types.js';

type Lists = InfiniteData<{ data: Delivery[] }> | { data: Delivery[] };

/** Returns a function that writes a changed delivery to the cache. Updates lists in place, because refetching long lists is expensive. */
export function useUpdateDelivery(): (changed: Delivery) => void {
  const queryClient = useQueryClient();
  const invalidate = useInvalidate();
  return (changed) => {
    const update = <Page extends { data: Delivery[] }>(page: Page): Page => ({
      ...page,
      data: page.data.map((delivery) => (delivery.id === changed.id ? changed : delivery)),
    });
    for (const path of ['/v1/deliveries', '/v1/events/{id}/deliveries']) {
      queryClient.setQueriesData<Lists>({ queryKey: ['get', path] }, (lists) => {
        if (lists === undefined) return undefined;
        return 'pages' in lists ? { ...lists, pages: lists.pages.map(update) } : update(lists);
      });
    }
    invalidate(
      '/v1/deliveries/{id}',
      '/v1/deliveries/{id}/attempts',
      '/v1/events/{id}/explain',
      '/v1/webhooks/{id}',
      '/v1/webhooks/{id}/blocked-keys',
    );
  };
}
