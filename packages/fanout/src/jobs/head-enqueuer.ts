import type { Pool } from '@posthorn/database/connection';
import { type DueDelivery, findHeads } from '@posthorn/database/deliveries';
import type { JobEnqueuer } from './job-enqueuer.js';

interface HeadEnqueuerDeps {
  pool: Pool;
  enqueuer: Pick<JobEnqueuer, 'enqueue'>;
  /** Called when the heads could not be read. The reconciler, in a producer, creates their jobs later. */
  onEnqueueError: (error: unknown) => void;
}

/**
 * Adds the jobs of those new deliveries that wait for no other one of their chain. They are read after the commit that stored them
 * (decision 75).
 */
export class HeadEnqueuer {
  readonly #deps: HeadEnqueuerDeps;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: HeadEnqueuerDeps) {
    this.#deps = deps;
  }

  /** Waits until the heads of earlier batches are read. */
  ready(): Promise<void> {
    return this.#last;
  }

  /** @param deliveryIds deliveries of chains, whose commit is complete */
  enqueue(deliveryIds: readonly string[]): void {
    if (deliveryIds.length > 0) this.#last = this.#add(deliveryIds, this.#last);
  }

  async #add(deliveryIds: readonly string[], previous: Promise<void>): Promise<void> {
    await previous;
    const { pool, enqueuer, onEnqueueError } = this.#deps;
    try {
      enqueuer.enqueue((await findHeads(pool, deliveryIds)).map(jobOf));
    } catch (error) {
      onEnqueueError(error);
    }
  }
}

const jobOf = ({ id, lane, tenantId }: DueDelivery) => ({ deliveryId: id, lane, tenantId, stored: null });
