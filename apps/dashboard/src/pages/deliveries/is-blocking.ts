import type { Delivery, Webhook } from '../../api/types.js';

/** Returns whether deliveries of its webhook wait for a delivery that has failed. @param webhook undefined if unknown */
export function isBlocking(
  {
    status,
    attemptCount,
    orderingKey,
    waitsFor,
  }: Pick<Delivery, 'status' | 'attemptCount' | 'orderingKey' | 'waitsFor'>,
  webhook: Pick<Webhook, 'ordering'> | undefined,
): boolean {
  const isInOrder = orderingKey !== null || webhook?.ordering === 'strict';
  return isInOrder && status === 'pending' && attemptCount > 0 && waitsFor === null;
}
