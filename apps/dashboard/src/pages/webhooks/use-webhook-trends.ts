import { useQueries } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import type { Webhook } from '../../api/types.js';
import type { SparklineInterval } from '../../components/sparkline.js';
import { resolveTimeRange } from '../../search/time-range.js';
import { useNow } from '../../search/use-now.js';
import { useTenantId } from '../../search/use-tenant-id.js';

const REFRESH_MS = 5 * 60_000;

/**
 * Loads the delivery outcomes of the listed webhooks in the last 24 hours, by webhook ID, with one call per page of the list. Returns
 * null if the key may not view deliveries.
 */
export function useWebhookTrends(
  pages: readonly { data: Webhook[] }[],
): Map<string, SparklineInterval[]> | null {
  const seesDeliveries = useCan('deliveries:read');
  const tenantId = useTenantId();
  const now = useNow(REFRESH_MS);
  const { from, to, interval } = resolveTimeRange({}, '24h', Math.ceil(now / REFRESH_MS) * REFRESH_MS);
  const trends = useQueries({
    queries: (seesDeliveries ? pages : [])
      .filter(({ data }) => data.length > 0)
      .map(({ data }) => {
        const webhookIds = data.map(({ id }) => id).join(',');
        return api.queryOptions('get', '/v1/stats/webhooks', {
          params: { query: { webhookIds, from, to, interval, tenantId } },
        });
      }),
    combine: (results) =>
      new Map(
        results
          .flatMap(({ data }) => data?.data ?? [])
          .map(({ webhookId, intervals }) => [webhookId, intervals]),
      ),
  });
  return seesDeliveries ? trends : null;
}
