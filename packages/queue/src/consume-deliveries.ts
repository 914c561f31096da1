import type { Lane } from '@posthorn/core';
import { carriedIn, type CarriedRead } from './carried-delivery.js';
import type { DeliveryJob, DeliveryQueue } from './delivery-queue.js';
import { deliveriesQueue, deliveryIdOf, RELEASED } from './names.js';
import { shardPrefixes } from './shards.js';
import { type ConsumerOptions, type JobConsumer, RetryLater, startConsumer } from './start-consumer.js';

export interface DeliveryTask {
  deliveryId: string;
  /** The lane of the job. */
  lane: Lane;
  /** The delivery was held and has been released. */
  released: boolean;
  /** The job was placed before the waiting jobs of its lane, because another tenant floods the lane. */
  prioritized: boolean;
  /** Of the jobs of a lane, those with a lower number run first. */
  priority: number;
  /** Number of workers that died or stalled while running this job. */
  crashes: number;
  /** The delivery as it was stored, if the job carries it and this is its first run. */
  carried: CarriedRead | null;
}

/** The result of a job: null when it is complete, otherwise the delay and lane of its next run. */
export interface TaskResult {
  reschedule: Reschedule | null;
  /** Whether the delivery is settled, so that its job may stay in the queue for a moment. Default: false. */
  isSettled?: boolean;
}

export type Reschedule = Pick<DeliveryJob, 'lane' | 'priority'> & {
  delayMs: number;
  /** Its request is in flight, so its job must not be removed. Default: false. */
  isInFlight?: boolean;
};

export interface DeliveryConsumerOptions extends ConsumerOptions {
  lane: Lane;
  /** Called for a job that Posthorn cannot have added. It is removed. */
  onMalformed: (jobId: string) => void;
  /** Enqueues a delivery that is rescheduled in another lane. */
  enqueue: DeliveryQueue['enqueue'];
  /** Makes a lane with too many delayed jobs withhold the deliveries that are rescheduled in it. */
  withholdDelayed?: DeliveryQueue['withheld']['withholdDelayed'];
}

/** Runs the deliveries of one lane until stopped. */
export function consumeDeliveries(
  { lane, enqueue, onMalformed, withholdDelayed, ...options }: DeliveryConsumerOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<JobConsumer> {
  const queue = { queueName: deliveriesQueue(lane), prefixes: shardPrefixes(options) };
  return startConsumer({ ...options, ...queue }, async (job, { delayedJobs }) => {
    const deliveryId = deliveryIdOf(job.id ?? '');
    if (deliveryId === null) {
      onMalformed(job.id ?? '');
      return { isSettled: true };
    }
    const { reschedule, isSettled = false } = await run({
      deliveryId,
      lane,
      released: job.name === RELEASED,
      prioritized: job.opts.lifo === true,
      priority: job.priority || 0,
      crashes: job.stalledCounter,
      carried: carriedIn(job),
    });
    if (!reschedule) return { isSettled };
    if (reschedule.lane === lane) {
      // Its delivery waits in PostgreSQL, and the lane feeder adds a job when it is due.
      if (!reschedule.isInFlight && (await withholdDelayed?.(deliveryId, lane, delayedJobs)))
        return { isSettled: false };
      throw new RetryLater(Math.max(Math.round(reschedule.delayMs), 1), reschedule.priority ?? 0);
    }
    // Enqueued before this job completes. A crash in between leaves two jobs. The second one finds nothing to do.
    await enqueue([{ deliveryId, ...reschedule }]);
    return { isSettled: false };
  });
}
