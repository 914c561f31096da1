import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import type { Delivery } from '../../api/types.js';

/** Poll interval while an attempt is due within NEAR_MS, and while it is further away. */
const SOON_MS = 2000;
const LATER_MS = 15_000;
const NEAR_MS = 10_000;

export function useDelivery(id: string) {
  return api.useQuery(
    'get',
    '/v1/deliveries/{id}',
    { params: { path: { id } } },
    { refetchInterval: ({ state }) => refreshMs(state.data) },
  );
}

function refreshMs(delivery: Delivery | undefined): number | false {
  if (delivery?.status !== 'pending') return false;
  const { nextAttemptAt } = delivery;
  return nextAttemptAt === null || Date.parse(nextAttemptAt) - Date.now() < NEAR_MS ? SOON_MS : LATER_MS;
}

/** Loads the webhook of a delivery if the key may view it. */
export function useDeliveryWebhook({ webhookId }: Delivery) {
  return api.useQuery(
    'get',
    '/v1/webhooks/{id}',
    { params: { path: { id: webhookId } } },
    { enabled: useCan('webhooks:read') },
  );
}
