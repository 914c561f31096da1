import { setImmediate as nextTurn } from 'node:timers/promises';
import { settlesWithin } from '@posthorn/core';
import { prioritizeJobs, type StartOrReturn, type TenantJob } from '@posthorn/flow';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';

export interface JobEnqueuerDeps {
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'fastLaneLength'>;
  /** Set if a worker runs in this process. */
  startOrReturn?: StartOrReturn | undefined;
  /** Called when jobs could not be enqueued. The reconciler, in a producer, creates them later. */
  onEnqueueError: (error: unknown) => void;
}

/**
 * Longest time that events wait for Redis to accept jobs of earlier batches, in milliseconds. Far less than the time that an API
 * lets an event wait before it refuses it.
 */
const MAX_WAIT_MS = 250;

const MAX_OUTSTANDING = 2;

/** Maximum number of jobs that wait in memory for a stalled Redis. The reconciler creates the others. */
const MAX_BACKLOG = 5000;

/**
 * The jobs of a larger batch are added when the next batch has been sent to PostgreSQL, which is idle until then. Larger than a batch of
 * 100 events with one webhook each: the events of other tenants in it would wait, too.
 */
const SMALL_BATCH = 500;

export type JobEnqueuer = ReturnType<typeof createJobEnqueuer>;

/** `groupCommit` of packages/core begins the next flush one turn of the event loop after the last one. */
async function nextFlush(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/**
 * Creates an enqueuer that adds the jobs of one batch while the next batch is committed. After a stall, Redis is used as before once it
 * has accepted a batch: until then, no event waits for it.
 */
export function createJobEnqueuer({
  deliveries,
  startOrReturn = (jobs) => [...jobs],
  onEnqueueError,
}: JobEnqueuerDeps) {
  const prioritize = prioritizeJobs(deliveries);
  let last: Promise<void> = Promise.resolve();
  let beforeLast = last;
  let outstanding = 0;
  let isStalled = false;
  let backlog: TenantJob[] = [];

  function start(jobs: TenantJob[]): void {
    outstanding += 1;
    beforeLast = last;
    last = add(jobs, last);
  }

  async function add(jobs: TenantJob[], previous: Promise<void>): Promise<void> {
    if (jobs.length > SMALL_BATCH) await nextFlush();
    const isAdded = await addInOrder(jobs, previous);
    await previous;
    outstanding -= 1;
    if (isAdded) isStalled = false;
    if (backlog.length > 0 && (isAdded || outstanding === 0)) start(backlog.splice(0));
  }

  async function addInOrder(jobs: TenantJob[], previous: Promise<void>): Promise<boolean> {
    try {
      const { prioritized, others } = await prioritize(jobs);
      // Prioritized jobs do not wait for the previous batch to be enqueued.
      const arePrioritizedAdded = await addToLanes(prioritized);
      const queued = startOrReturn(others);
      await previous;
      return (await addToLanes(queued)) && arePrioritizedAdded;
    } catch (error) {
      onEnqueueError(error);
      return false;
    }
  }

  /** Reports a failure, such as of one node of a cluster, and continues: the other nodes get the jobs that follow. */
  async function addToLanes(jobs: readonly DeliveryJob[]): Promise<boolean> {
    try {
      if (jobs.length > 0) await deliveries.enqueue(jobs);
      return true;
    } catch (error) {
      onEnqueueError(error);
      return false;
    }
  }

  function defer(jobs: readonly TenantJob[]): void {
    if (backlog.length + jobs.length > MAX_BACKLOG) onEnqueueError(new Error('Redis is not responding'));
    // Without their deliveries, which would use memory and be too old.
    else for (const { deliveryId, lane, tenantId } of jobs) backlog.push({ deliveryId, lane, tenantId });
  }

  /** Waits until all jobs are enqueued. */
  async function whenIdle(): Promise<void> {
    const awaited = last;
    await awaited;
    // The backlog was started at its end.
    if (awaited !== last) await whenIdle();
  }

  return {
    /** Waits while the jobs of two batches are outstanding. Does not wait for a stalled Redis. */
    async ready(): Promise<void> {
      if (isStalled || outstanding < MAX_OUTSTANDING) return;
      if (!(await settlesWithin(beforeLast, MAX_WAIT_MS))) isStalled = true;
    },
    enqueue(jobs: TenantJob[]): void {
      if (jobs.length === 0) return;
      if (isStalled && outstanding > 0) defer(jobs);
      else start(jobs);
    },
    stop: whenIdle,
  };
}
