import { type DueDelivery, listDueDeliveries, type Pool, promoteParked, withLock } from '@posthorn/database';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface ReconcilerDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue' | 'findMissingJobs' | 'isPopulated' | 'markPopulated'>;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'recreated'>;
}

const PAGE = 1000;

/** Parked retries are put into Redis this long before they are due, in milliseconds. */
const PROMOTE_AHEAD_MS = 2000;

/** Jobs are made right after their deliveries are committed: only what is due for longer may lack one. */
const GRACE_MS = 5000;

/** How far ahead a delivery may have its job in Redis: everything not parked. */
const FOREVER = new Date('9999-01-01T00:00:00Z');

/** A look at everything that is due costs at most this share of the time. */
const MAX_SHARE = 0.05;
const MIN_PAUSE_MS = 5000;

/**
 * Keeps PostgreSQL, the truth, and Redis, the dispatcher, together: every delivery that is due has a job. Runs in every
 * producer, one at a time.
 */
export function createReconciler({ pool, queue, logger, metrics }: ReconcilerDeps) {
  let nextSweepAt = 0;

  /** Looks from time to time for deliveries that lost their jobs: at once when Redis has come back empty. */
  async function reconcile(): Promise<void> {
    await withLock(pool, 'reconcile', async () => {
      const filled = await queue.isPopulated();
      if (filled && Date.now() < nextSweepAt) return;
      const startedAt = Date.now();
      await sweep(filled ? new Date(startedAt - GRACE_MS) : FOREVER);
      if (!filled) await queue.markPopulated();
      nextSweepAt = Date.now() + Math.max(MIN_PAUSE_MS, (Date.now() - startedAt) / MAX_SHARE);
    });
  }

  /** Gives parked retries their jobs as they come due. Not held up by a look at a large backlog. */
  async function promote(): Promise<void> {
    await withLock(pool, 'promote', promoteDue);
  }

  async function promoteDue(): Promise<void> {
    for (;;) {
      const due = await promoteParked(pool, {
        dueBefore: new Date(Date.now() + PROMOTE_AHEAD_MS),
        limit: PAGE,
      });
      await queue.enqueue(due.map(toJob));
      if (due.length < PAGE) return;
    }
  }

  async function sweep(dueBefore: Date): Promise<void> {
    let added = 0;
    let after: DueDelivery | null = null;
    for (;;) {
      const page: DueDelivery[] = await listDueDeliveries(pool, { dueBefore, after, limit: PAGE });
      const missing = await queue.findMissingJobs(page.map((delivery) => delivery.id));
      await queue.enqueue(page.filter((delivery) => missing.has(delivery.id)).map(toJob));
      added += missing.size;
      after = page.at(-1) ?? null;
      if (page.length < PAGE) break;
    }
    metrics.recreated(added);
    if (added > 0) logger.warn('jobs were missing in Redis and are there again', { added });
  }

  return { reconcile, promote };
}

const toJob = (delivery: DueDelivery) => ({
  deliveryId: delivery.id,
  dueAt: delivery.dueAt,
  lane: delivery.lane,
});
