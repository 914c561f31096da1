import { type Pool, retryTransient } from '@posthorn/database/connection';
import { type Chain, type DueDelivery, findNextHeads } from '@posthorn/database/deliveries';
import type { Logger } from '@posthorn/runtime';
import { batchStatement } from './batch-statement.js';

export interface AdvanceDeps {
  pool: Pool;
  /** Adds the jobs of deliveries that are due. */
  enqueue: (due: readonly DueDelivery[]) => Promise<void>;
  logger: Logger;
}

/**
 * Returns the function that enqueues the next delivery of a chain after one of it was settled, with one statement for all chains that
 * advance at that time. It never rejects: the reconciler enqueues a delivery that was not.
 */
export function createAdvance({ pool, enqueue, logger }: AdvanceDeps): (chain: Chain) => Promise<void> {
  return batchStatement(async (chains: Chain[]) => {
    try {
      await enqueue(await retryTransient(() => findNextHeads(pool, chains)));
    } catch (error) {
      logger.warn('the next deliveries in order were not enqueued; the reconciler enqueues them', { error });
    }
    return chains.map((): void => undefined);
  });
}
