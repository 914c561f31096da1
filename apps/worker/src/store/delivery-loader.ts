import { hasWaitedInChain, type Moment } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { loadDeliveries, type LoadedDelivery } from '@posthorn/database/deliveries';
import type { PayloadKeys } from '@posthorn/database/encryption';
import { batchStatement } from './batch-statement.js';
import type { KnownWebhooks } from './known-webhooks.js';

/** A delivery as it was read. */
export interface DeliveryRead {
  loaded: LoadedDelivery;
  /** When its statement was sent. */
  readAt: Moment;
  /** When it is due, in monotonic time. */
  dueAtMs: number;
}

export interface DeliveryLoaderDeps {
  hotPathPool: Pool;
  payloadKeys: PayloadKeys;
  /** Remembers the webhooks that were read. */
  webhooks: KnownWebhooks;
  moment: () => Moment;
  /** Repeats work while PostgreSQL is unavailable. */
  retry: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Returns the function that loads a delivery, in batches over all deliveries in flight. */
export function createDeliveryLoader({
  hotPathPool,
  payloadKeys,
  webhooks,
  moment,
  retry,
}: DeliveryLoaderDeps) {
  const loadAll = batchStatement(
    async (ids: string[]): Promise<(DeliveryRead | 'deferred' | undefined)[]> => {
      // Taken at each try, as late as possible: deliveries wait here for the statements before theirs.
      let readAt = moment();
      const results = await retry(() => {
        readAt = moment();
        return loadDeliveries(hotPathPool, ids, { payloadKeys });
      });
      return results.map((loaded) => (typeof loaded === 'object' ? toRead(loaded, readAt) : loaded));
    },
  );

  function toRead(loaded: LoadedDelivery, readAt: Moment): DeliveryRead {
    const { delivery, webhook } = loaded;
    webhooks.remember(webhook);
    // It was its turn only when the delivery before it was settled, a moment ago.
    const dueInMs = hasWaitedInChain(delivery) ? Math.max(delivery.dueInMs, 0) : delivery.dueInMs;
    return { loaded, readAt, dueAtMs: readAt.monotonicMs + dueInMs };
  }

  return async (deliveryId: string): Promise<DeliveryRead | undefined> => {
    for (;;) {
      const read = await loadAll(deliveryId);
      if (read !== 'deferred') return read;
    }
  };
}
