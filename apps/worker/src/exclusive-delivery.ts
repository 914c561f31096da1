import type { DeliveryTask, TaskResult } from '@posthorn/queue';

/** Delay of a second job of the same delivery, in milliseconds. */
const DELAY_MS = 1000;

/**
 * Runs each delivery once at a time in this process. After Redis was flushed the reconciler recreates the job of a delivery
 * whose request is still in flight here.
 */
export function exclusiveDelivery<Rest extends unknown[]>(
  run: (task: DeliveryTask, ...rest: Rest) => Promise<TaskResult>,
): (task: DeliveryTask, ...rest: Rest) => Promise<TaskResult> {
  const inFlight = new Set<string>();
  return async (task, ...rest) => {
    if (inFlight.has(task.deliveryId)) {
      return { reschedule: { delayMs: DELAY_MS, lane: task.lane } };
    }
    inFlight.add(task.deliveryId);
    try {
      return await run(task, ...rest);
    } finally {
      inFlight.delete(task.deliveryId);
    }
  };
}
