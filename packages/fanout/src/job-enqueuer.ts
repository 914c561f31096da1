import { settlesWithin } from '@posthorn/core';
import { prioritizeJobs, type TenantJob } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';

export interface JobMakerDeps {
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'fastLaneLength'>;
  /** Hears when jobs could not be made; the reconciler makes them later. */
  onEnqueueError: (error: unknown) => void;
}

/** For so long events are held up by a Redis that does not take their jobs, in milliseconds. */
const PATIENCE_MS = 2500;

/** Makes the jobs of accepted events, batch after batch, while the next batch is committed. */
export function createJobMaker({ deliveries, onEnqueueError }: JobMakerDeps) {
  const arrange = prioritizeJobs(deliveries);
  let last: Promise<void> = Promise.resolve();
  let lastButOne = last;
  let isStuck = false;

  async function enqueue(jobs: TenantJob[], before: Promise<void>): Promise<void> {
    try {
      const { prioritized, others } = await arrange(jobs);
      // Prioritized jobs do not wait for the jobs of the previous batch.
      if (prioritized.length > 0) await deliveries.enqueue(prioritized);
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
