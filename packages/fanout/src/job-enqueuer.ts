import { setImmediate as nextTurn } from 'node:timers/promises';
import { settlesWithin } from '@posthorn/core';
import { prioritizeJobs, type TenantJob } from '@posthorn/flow';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';

export interface JobEnqueuerDeps {
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'fastLaneLength'>;
  /** Called when jobs could not be enqueued. The reconciler creates them later. */
  onEnqueueError: (error: unknown) => void;
}

/** Longest time that events wait for Redis to accept jobs of earlier batches, in milliseconds. */
const MAX_WAIT_MS = 2500;

const MAX_OUTSTANDING = 2;

/**
 * The jobs of a larger batch are added when the next batch has been sent to PostgreSQL, which is idle until then. Larger than a batch of
 * 100 events with one webhook each: the events of other tenants in it would wait, too.
 */
const SMALL_BATCH = 500;

/** The group commit begins the next flush one turn of the event loop after the last one. */
async function nextFlush(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Creates an enqueuer that adds the jobs of one batch while the next batch is committed. */
export function createJobEnqueuer({ deliveries, onEnqueueError }: JobEnqueuerDeps) {
  const prioritize = prioritizeJobs(deliveries);
  let last: Promise<void> = Promise.resolve();
  let secondLast = last;
  let outstanding = 0;
  let isStalled = false;

  async function add(jobs: TenantJob[], previous: Promise<void>): Promise<void> {
    if (jobs.length > SMALL_BATCH) await nextFlush();
    try {
      const { prioritized, others } = await prioritize(jobs);
      // Prioritized jobs do not wait for the previous batch to be enqueued.
      await addToLanes(prioritized);
      await previous;
      await addToLanes(others);
    } catch (error) {
      onEnqueueError(error);
    }
    await previous;
    outstanding -= 1;
  }

  /** Reports a failure, such as of one node of a cluster, and continues: the other nodes get the jobs that follow. */
  async function addToLanes(jobs: readonly DeliveryJob[]): Promise<void> {
    if (jobs.length > 0) await deliveries.enqueue(jobs).catch(onEnqueueError);
  }

  async function detectStall(): Promise<void> {
    if (await settlesWithin(secondLast, MAX_WAIT_MS)) return;
    isStalled = true;
    void last.then(() => (isStalled = false));
  }

  return {
    /** Waits while the jobs of two batches are outstanding. Does not wait for a stalled Redis, which gets no more jobs. */
    async ready(): Promise<void> {
      if (!isStalled && outstanding >= MAX_OUTSTANDING) await detectStall();
    },
    enqueue(jobs: TenantJob[]): void {
      if (jobs.length === 0) return;
      if (isStalled) return onEnqueueError(new Error('Redis is not responding'));
      outstanding += 1;
      secondLast = last;
      last = add(jobs, last);
    },
    /** Waits until all jobs are enqueued. */
    stop: (): Promise<void> => last,
  };
}
