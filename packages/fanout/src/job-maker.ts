import { settlesWithin } from '@posthorn/core';
import type { DeliveryQueue } from '@posthorn/queue';
import { createLaneShares, type TenantJob } from './lane-shares.js';

export interface JobMakerDeps {
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'fastLaneLength'>;
  /** Hears when jobs could not be made; the reconciler makes them later. */
  onEnqueueError: (error: unknown) => void;
}

/** For so long events are held up by a Redis that does not take their jobs, in milliseconds. */
const PATIENCE_MS = 2500;

/** Makes the jobs of accepted events, batch after batch, while the next batch is committed. */
export function createJobMaker({ deliveries, onEnqueueError }: JobMakerDeps) {
  const arrange = createLaneShares(deliveries);
  let last: Promise<void> = Promise.resolve();
  let lastButOne = last;
  let isStuck = false;

  async function enqueue(jobs: TenantJob[], before: Promise<void>): Promise<void> {
    try {
      const { ahead, others } = await arrange(jobs);
      // What goes ahead of others in the lane does not wait for theirs to get there.
      if (ahead.length > 0) await deliveries.enqueue(ahead);
      await before;
      if (others.length > 0) await deliveries.enqueue(others);
    } catch (error) {
      onEnqueueError(error);
    }
  }

  async function lookWhetherStuck(): Promise<void> {
    if (await settlesWithin(lastButOne, PATIENCE_MS)) return;
    isStuck = true;
    void last.then(() => (isStuck = false));
  }

  return {
    /** Waits as long as two batches are without their jobs; not for a Redis that hangs, which gets no more of them. */
    async ready(): Promise<void> {
      if (!isStuck) await lookWhetherStuck();
    },
    make(jobs: TenantJob[]): void {
      if (isStuck) return onEnqueueError(new Error('Redis does not answer'));
      lastButOne = last;
      last = Promise.all([last, enqueue(jobs, last)]).then(() => undefined);
    },
    /** Waits for the jobs of everything that was handed over. */
    close: (): Promise<void> => last,
  };
}
