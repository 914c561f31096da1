import { bindHandlers } from '../calls/bind-handlers.js';
import { listBlockedKeys } from './blocked-keys.js';
import { listDeliveries, getDelivery, listAttempts, retryDelivery, retryDeliveries } from './deliveries.js';
import { getDeliveryRequest } from './delivery-request.js';
import type { DeliveryDeps } from './deps.js';
import { skipDelivery } from './skip-delivery.js';

/** Creates the handlers of deliveries. */
export const createDeliveryHandlers = (deps: DeliveryDeps) =>
  bindHandlers(
    {
      listBlockedKeys,
      listDeliveries,
      getDelivery,
      listAttempts,
      retryDelivery,
      retryDeliveries,
      getDeliveryRequest,
      skipDelivery,
    },
    deps,
  );
