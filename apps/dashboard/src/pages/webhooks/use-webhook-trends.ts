import { useQueries } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import type { Webhook } from '../../api/types.js';
import type { SparklineInterval } from '../../pieces/sparkline.js';
import { resolveTimeRange } from '../../search/time-range.js';
import { useNow } from '../../search/use-now.js';

const EVERY_MS = 5 * 60_000;

/** What became of the deliveries of listed webhooks in the last 24 hours, by their ids: one call for each page of the list. */
export function useWebhookTrends(pages: readonly { data: Webhook[] }[]): Map<string, SparklineInterval[]> {
  const now = useNow(EVERY_MS);
  const { from, to, interval } = resolveTimeRange({}, '24h', Math.ceil(now / EVERY_MS) * EVERY_MS);
  return useQueries({
    queries: pages
      .filter(({ data }) => data.length > 0)
      .map(({ data }) => {
        const webhookIds = data.map(({ id }) => id).join(',');
        return api.queryOptions('get', '/v1/stats/webhooks', {
          params: { query: { webhookIds, from, to, interval } },
        });
      }),
    combine: (results) =>
      new Map(
        results
          .flatMap(({ data }) => data?.data ?? [])
          .map(({ webhookId, intervals }) => [webhookId, intervals]),
      ),
  });
}
