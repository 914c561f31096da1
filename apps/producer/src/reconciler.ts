import { PARK_AFTER_MS } from '@posthorn/core';
import { type DueDelivery, listDueDeliveries, type Pool, promoteParked, withLock } from '@posthorn/database';
import { flowNowMs, RetryPriorities } from '@posthorn/flow';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from './producer-metrics.js';

export interface ReconcilerDeps {
  pool: Pool;
  installationId: string;
  queue: Pick<
    DeliveryQueue,
    'claimPrefix' | 'enqueue' | 'findMissingJobs' | 'runMisplaced' | 'isPopulated' | 'markPopulated'
  >;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'recreated'>;
}

const PAGE = 1000;

/** Parked retries are enqueued this long before they are due, in milliseconds. Twice the interval of the task. */
const PROMOTE_AHEAD_MS = 10_000;

/** Jobs are enqueued right after a commit. A job counts as missing when due for longer than this, in milliseconds. */
const GRACE_MS = 5000;

/** Longest delay of a job, in milliseconds: longer ones are parked. The margin is for clocks that differ slightly. */
const MAX_DELAY_MS = PARK_AFTER_MS + 60_000;

/** Maximum fraction of time spent checking due deliveries. */
const MAX_TIME_FRACTION = 0.05;
const MIN_PAUSE_MS = 5000;

/**
 * Keeps Redis, the dispatcher, consistent with PostgreSQL, the source of truth: every due delivery has a job. Runs in one
 * producer at a time.
 */
export function createReconciler({ pool, installationId, queue, logger, metrics }: ReconcilerDeps) {
  const priorities = new RetryPriorities(flowNowMs);
  let nextSweepAtMs = 0;

  /** Periodically recreates missing jobs of due deliveries. After a data loss of Redis, recreates all jobs immediately. */
  async function reconcile(): Promise<void> {
    if (performance.now() < nextSweepAtMs && (await queue.isPopulated())) return;
    await withLock(pool, 'reconcile', async () => {
      await queue.claimPrefix(installationId);
      const isPopulated = await queue.isPopulated();
      const startedAtMs = performance.now();
      await runMisplaced();
      await sweep(isPopulated ? GRACE_MS : null);
      if (!isPopulated) await queue.markPopulated();
      const endedAtMs = performance.now();
      nextSweepAtMs = endedAtMs + Math.max(MIN_PAUSE_MS, (endedAtMs - startedAtMs) / MAX_TIME_FRACTION);
    });
  }

  /** Runs the jobs that a process with a wrong clock delayed. Each of them finds in PostgreSQL when it is due. */
  async function runMisplaced(): Promise<void> {
    const count = await queue.runMisplaced(MAX_DELAY_MS);
    if (count > 0)
      logger.warn('ran delayed jobs whose time was wrong; check the clocks of all processes', { count });
  }

  /**
   * Enqueues parked retries as they become due. Not delayed by a sweep over a large backlog. Producers that run it at the same time
   * promote different deliveries.
   */
  async function promote(): Promise<void> {
    for (;;) {
      const due = await promoteParked(pool, { dueWithinMs: PROMOTE_AHEAD_MS, limit: PAGE });
      await queue.enqueue(due.map(toJob));
      if (due.length < PAGE) return;
    }
  }

  /** @param overdueMs null for all deliveries that are neither parked nor held */
  async function sweep(overdueMs: number | null): Promise<void> {
    let added = 0;
    let after: DueDelivery | null = null;
    for (;;) {
      const page: DueDelivery[] = await listDueDeliveries(pool, { overdueMs, after, limit: PAGE });
      const missing = await queue.findMissingJobs(page.map((delivery) => delivery.id));
      await queue.enqueue(page.filter((delivery) => missing.has(delivery.id)).map(toJob));
      added += missing.size;
      after = page.at(-1) ?? null;
      if (page.length < PAGE) break;
    }
    metrics.recreated(added);
    if (added > 0) logger.warn('recreated jobs that were missing in Redis', { count: added });
  }

  function toJob({ id, tenantId, dueInMs, lane }: DueDelivery): DeliveryJob {
    const priority = priorities.next({ tenantId, lane, delayMs: dueInMs });
    return { deliveryId: id, delayMs: dueInMs, lane, priority };
  }

  return { reconcile, promote };
}
