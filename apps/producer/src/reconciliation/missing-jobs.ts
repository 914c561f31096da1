import { setTimeout as sleep } from 'node:timers/promises';
import type { OnFailure } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { type DueDelivery, findDueDeliveries } from '@posthorn/database/deliveries';
import { deliveryJobOf, nextJobOf, type RetryPriorities } from '@posthorn/flow';
import type { DeliveryJob, DeliveryQueue } from '@posthorn/queue';

export interface MissingJobsDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueueFitting' | 'findMissingJobs' | 'withheld' | 'shardOf'>;
  priorities: RetryPriorities;
}

/** Jobs are enqueued right after a commit. A job counts as missing when due for longer than this, in milliseconds. */
export const GRACE_MS = 5000;

/**
 * A job that is missing once may have ended since its delivery was read, or be replaced at this moment. It counts as missing if it still
 * is after this time, in milliseconds.
 */
const SECOND_LOOK_MS = 1000;

/** Finds due deliveries without a job in Redis, and creates the jobs. */
export function createMissingJobs({ pool, queue, priorities }: MissingJobsDeps) {
  async function find(due: readonly DueDelivery[], onFailure: OnFailure): Promise<DueDelivery[]> {
    const missing = await queue.findMissingJobs(
      due.map(({ id }) => id),
      onFailure,
    );
    return due.filter(({ id }) => missing.has(id));
  }

  /** Returns the deliveries that have no job at a second look either. */
  async function stillMissing(
    suspects: readonly DueDelivery[],
    onFailure: OnFailure,
  ): Promise<DueDelivery[]> {
    if (suspects.length === 0) return [];
    await sleep(SECOND_LOOK_MS);
    const missing = await find(suspects, onFailure);
    // Read after that, because a worker records an attempt before its job ends.
    return findDueDeliveries(pool, { ids: missing.map(({ id }) => id), overdueMs: GRACE_MS });
  }

  /** The lane feeder adds the jobs of withheld deliveries. */
  async function withoutWithheld(
    due: readonly DueDelivery[],
    onFailure: OnFailure,
  ): Promise<readonly DueDelivery[]> {
    if (due.length === 0) return due;
    const withheld = await queue.withheld.list(onFailure);
    return due.filter(
      ({ id, lane }) => !withheld.some((other) => other.lane === lane && other.shard === queue.shardOf(id)),
    );
  }

  /** Returns how many jobs were added. */
  async function recreate(
    due: readonly DueDelivery[],
    onFailure: OnFailure,
    jobOf: (due: DueDelivery) => DeliveryJob = toJob,
  ): Promise<number> {
    const withheld = await queue.enqueueFitting(due.map(jobOf)).catch((error: unknown) => {
      onFailure(error);
      return due.length;
    });
    return due.length - withheld;
  }

  const toJob = (due: DueDelivery): DeliveryJob => deliveryJobOf(due, priorities);

  /** Returns the job of one of few. The first delivery of a chain in the fast lane runs before those that wait there, as if a worker had added it. */
  const toLostJob = (due: DueDelivery): DeliveryJob =>
    due.isChained && due.lane === 'fast' ? { ...nextJobOf(due, priorities), prioritized: true } : toJob(due);

  return { find, stillMissing, withoutWithheld, recreate, toLostJob };
}
