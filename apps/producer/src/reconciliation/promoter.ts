import { promoteParked } from '@posthorn/database/deliveries';
import type { Pool } from '@posthorn/database/connection';
import { deliveryJobOf, type RetryPriorities } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import type { Task } from '../tasks/task.js';

export const promoteTask: Task = { name: 'promote', pauses: 5000, create: createPromoter };

interface PromoterDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue'>;
  priorities: RetryPriorities;
}

/** Maximum number of retries enqueued at a time. */
const PAGE = 1000;

/** Parked retries are enqueued this long before they are due, in milliseconds. Twice the interval of the task. */
const PROMOTE_AHEAD_MS = 10_000;

/**
 * Enqueues parked retries as they become due. Not delayed by a sweep over a large backlog. Producers that run it at the same time
 * promote different deliveries.
 */
export function createPromoter({ pool, queue, priorities }: PromoterDeps): () => Promise<void> {
  return async () => {
    for (;;) {
      const due = await promoteParked(pool, { dueWithinMs: PROMOTE_AHEAD_MS, limit: PAGE });
      await queue.enqueue(due.map((each) => deliveryJobOf(each, priorities)));
      if (due.length < PAGE) return;
    }
  };
}
