import { type OnFailure, PARK_AFTER_MS } from '@posthorn/core';
import { type DueDelivery, listDueDeliveries, type PageEnd } from '@posthorn/database/deliveries';
import type { TaskShare, TaskShares } from '@posthorn/flow';
import type { DeliveryQueue, Population } from '@posthorn/queue';
import type { Logger } from '@posthorn/runtime';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import { createMissingJobs, GRACE_MS, type MissingJobsDeps } from './missing-jobs.js';
import type { Task } from '../tasks/task.js';
import { UnlistedSearch } from './unlisted-search.js';

export const reconcileTask: Task = { name: 'reconcile', pauses: 2000, create: createReconciler };

export interface ReconcilerDeps extends MissingJobsDeps {
  installationId: string;
  queue: MissingJobsDeps['queue'] &
    Pick<
      DeliveryQueue,
      'claimPrefix' | 'removeUnlistedJobs' | 'runMisplaced' | 'population' | 'markPopulated'
    >;
  shares: Pick<TaskShares, 'join'>;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'recreated'>;
}

/** Maximum number of rows read at a time. */
const PAGE = 1000;

/** Longest delay of a job, in milliseconds: longer ones are parked. The margin is for clocks that differ slightly. */
const MAX_DELAY_MS = PARK_AFTER_MS + 60_000;

/** Maximum fraction of time spent checking due deliveries. */
const MAX_TIME_FRACTION = 0.05;
const MIN_PAUSE_MS = 5000;

/** Maximum number of jobs that are looked for twice in a sweep. If more are missing, they were lost. */
const MAX_SUSPECTS = 1000;

/** Maximum time that counts for a page, in milliseconds. One that takes longer has waited for a server. */
const MAX_PAGE_MS = 250;

interface SweepOptions {
  /** Null for all deliveries that are neither parked nor held. */
  overdueMs: number | null;
  onFailure: OnFailure;
}

/** Returns whether no shard has lost its data. One that does not reply is compared again when it does. */
const isUnchanged = (population: Population, checked: Population): boolean =>
  population.every((mark, shard) => mark === undefined || (mark !== null && mark === checked[shard]));

/**
 * Keeps Redis, the dispatcher, consistent with PostgreSQL, the source of truth: every due delivery has a job. Each producer checks
 * its share of the webhooks. A job that two producers create at the same time exists once.
 */
export function createReconciler(deps: ReconcilerDeps): () => Promise<void> {
  const { pool, installationId, queue, shares, logger, metrics } = deps;
  const jobs = createMissingJobs(deps);
  const unlisted = new UnlistedSearch(queue);
  let nextSweepAtMs = 0;
  /** The population that this producer has checked completely. */
  let checkedPopulation: Population | null = null;

  /**
   * Periodically recreates missing jobs of due deliveries. After a data loss of Redis, recreates all jobs immediately.
   * @throws the last error of a shard that does not reply, after the jobs of the other shards were recreated
   */
  async function reconcile(): Promise<void> {
    let failure: unknown = null;
    const onFailure: OnFailure = (error) => {
      failure = error;
    };
    const share = await shares.join('reconcile');
    const population = await queue.population(onFailure);
    // Another producer may have marked Redis as populated before this one has noticed the loss of data.
    checkedPopulation ??= population;
    const isPopulated = isUnchanged(population, checkedPopulation);
    if (performance.now() < nextSweepAtMs && isPopulated) return;
    await queue.claimPrefix(installationId);
    if (share.isFirst) await runMisplaced(queue, logger, onFailure);
    const busyMs = await sweep(share, { overdueMs: isPopulated ? GRACE_MS : null, onFailure });
    nextSweepAtMs = performance.now() + Math.max(MIN_PAUSE_MS, busyMs / MAX_TIME_FRACTION);
    if (failure !== null) throw failure;
    if (population.includes(null)) await queue.markPopulated();
    checkedPopulation = population.includes(null) ? await queue.population() : population;
  }

  /**
   * Starts again when the members change, because other webhooks belong to this producer then.
   * @returns the time that it took, in milliseconds, without long waits
   */
  async function sweep(initialShare: TaskShare, { overdueMs, onFailure }: SweepOptions): Promise<number> {
    let share = initialShare;
    let recreated = 0;
    let busyMs = 0;
    let after: PageEnd | null = null;
    const suspects: DueDelivery[] = [];
    unlisted.start();
    for (;;) {
      const startedAtMs = performance.now();
      const { deliveries, end } = await listDueDeliveries(pool, { overdueMs, after, limit: PAGE });
      const own = await jobs.withoutWithheld(
        deliveries.filter(({ webhookId }) => share.owns(webhookId)),
        onFailure,
      );
      recreated += await jobs.recreate(await unlisted.remove(own, onFailure), onFailure);
      const missing = await jobs.find(own, onFailure);
      if (overdueMs !== null && suspects.length + missing.length <= MAX_SUSPECTS) suspects.push(...missing);
      else recreated += await jobs.recreate(missing, onFailure);
      busyMs += Math.min(performance.now() - startedAtMs, MAX_PAGE_MS);
      if (!end) break;
      after = end;
      const joined = await shares.join('reconcile');
      if (!joined.hasSameMembers(share)) after = null;
      share = joined;
    }
    const lost = await jobs.stillMissing(suspects, onFailure);
    recreated += await jobs.recreate(lost, onFailure, jobs.toLostJob);
    metrics.recreated(recreated);
    if (recreated > 0) logger.warn('recreated jobs that were missing in Redis', { count: recreated });
    return busyMs;
  }

  return reconcile;
}

/** Runs the jobs that a process with a wrong clock delayed. Each of them finds in PostgreSQL when it is due. */
async function runMisplaced(
  queue: ReconcilerDeps['queue'],
  logger: Logger,
  onFailure: OnFailure,
): Promise<void> {
  const count = await queue.runMisplaced(MAX_DELAY_MS, onFailure);
  if (count > 0)
    logger.warn('ran delayed jobs whose time was wrong; check the clocks of all processes', { count });
}
