import type { DeliveryTask, TaskResult } from '@posthorn/queue';

/** How long the second job of a delivery waits for the first, in milliseconds. */
const WAIT_MS = 1000;

/**
 * Runs each delivery once at a time in this process. After Redis came back empty the reconciler makes a new job for a
 * delivery whose request is still under way here.
 */
export function oneAtATime<Rest extends unknown[]>(
  run: (task: DeliveryTask, ...rest: Rest) => Promise<TaskResult>,
): (task: DeliveryTask, ...rest: Rest) => Promise<TaskResult> {
  const inFlight = new Set<string>();
  return async (task, ...rest) => {
    if (inFlight.has(task.deliveryId))
      return { again: { at: new Date(Date.now() + WAIT_MS), lane: task.lane } };
    inFlight.add(task.deliveryId);
    try {
      return await run(task, ...rest);
    } finally {
      inFlight.delete(task.deliveryId);
    }
  };
}
