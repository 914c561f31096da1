import type { OnFailure } from '@posthorn/core';
import type { DueDelivery } from '@posthorn/database/deliveries';
import type { DeliveryQueue } from '@posthorn/queue';

/** Deliveries are searched for that have been due for longer than this, in milliseconds. */
const OVERDUE_MS = 60_000;

/** Maximum number of deliveries searched for in a sweep: each may take a millisecond of Redis. */
const MAX_SEARCHED = 50;

/**
 * Finds jobs that exist but are in no list, so that no worker finds them. Each sweep searches for a few deliveries, the next one for those
 * that follow.
 */
export class UnlistedSearch {
  readonly #queue: Pick<DeliveryQueue, 'removeUnlistedJobs'>;
  #lastId = '';
  #remaining = 0;

  constructor(queue: Pick<DeliveryQueue, 'removeUnlistedJobs'>) {
    this.#queue = queue;
  }

  /** Begins a sweep. If the last one has searched for all, with the first delivery. */
  start(): void {
    if (this.#remaining > 0) this.#lastId = '';
    this.#remaining = MAX_SEARCHED;
  }

  /** Removes the jobs in no list of deliveries, which are in order of their ids. Returns the deliveries that lost their job. */
  async remove(due: readonly DueDelivery[], onFailure: OnFailure): Promise<DueDelivery[]> {
    const searched = due
      .filter(({ id, dueInMs }) => dueInMs < -OVERDUE_MS && id > this.#lastId)
      .slice(0, this.#remaining);
    this.#remaining -= searched.length;
    this.#lastId = searched.at(-1)?.id ?? this.#lastId;
    const ids = searched.map(({ id }) => id);
    const removed = new Set(await this.#queue.removeUnlistedJobs(ids, onFailure));
    return searched.filter(({ id }) => removed.has(id));
  }
}
