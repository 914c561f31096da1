import { type Consumer, type ConsumerOptions, RetryLater, startConsumer } from './consumer.js';
import { DELIVERIES_QUEUE, deliveryIdOf } from './names.js';

export interface DeliveryTask {
  deliveryId: string;
  /** How many workers died or froze while they had this job. */
  crashes: number;
}

/** What becomes of the job: over, or run again at a time. */
export type TaskResult = { again: null } | { again: Date };

/** Takes deliveries off the queue until stopped. */
export function consumeDeliveries(
  options: ConsumerOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<Consumer> {
  return startConsumer(DELIVERIES_QUEUE, options, async (job) => {
    const task = { deliveryId: deliveryIdOf(job.id ?? ''), crashes: job.stalledCounter };
    const { again } = await run(task);
    if (again) throw new RetryLater(Math.max(again.getTime() - Date.now(), 1));
  });
}
