import type { DueDelivery } from '@posthorn/database/deliveries';
import type { DeliveryJob } from '@posthorn/queue';
import type { RetryPriorities } from './retry-priorities.js';

/** Returns the job of a pending delivery. @param priorities absent in processes that add few jobs: theirs have none */
export function deliveryJobOf(
  { id, tenantId, webhookId, lane, dueInMs }: DueDelivery,
  priorities?: Pick<RetryPriorities, 'next'>,
): DeliveryJob {
  const delayMs = Math.max(dueInMs, 0);
  const priority = priorities?.next({ tenantId, webhookId, lane, delayMs }) ?? 0;
  return { deliveryId: id, lane, delayMs, priority };
}

/** Returns the job of the next delivery of a chain. */
export const nextJobOf = (due: DueDelivery, priorities?: Pick<RetryPriorities, 'next'>): DeliveryJob => ({
  ...deliveryJobOf(due, priorities),
  isNext: true,
});
