import { type Lane, LANES } from '@posthorn/core';
import type { DeliveryJob, DeliveryQueue, RunJob } from './delivery-queue.js';
import { deliveriesQueue, deliveryIdOf, jobIdOf, NEXT, RELEASED, REQUEUED } from '../redis/names.js';
import { shardOf, shardPrefixes } from '../redis/shards.js';
import {
  type ConsumerOptions,
  type JobConsumer,
  RetryLater,
  startConsumer,
} from '../bullmq/start-consumer.js';

export interface DeliveryTask extends RunJob {
  /** The delivery was held and has been released. */
  released: boolean;
  /** The delivery was made pending again. A request of an earlier epoch may be in flight, whose job is in another lane. */
  requeued: boolean;
  /** The job was placed before the waiting jobs of its lane, because another tenant floods the lane. */
  prioritized: boolean;
  /** The job was placed before the waiting jobs of its lane, in the place of the one before it in its chain. */
  isNext: boolean;
  /** Of the jobs of a lane, those with a lower number run first. */
  priority: number;
  /** Number of workers that died or stalled while running this job. */
  crashes: number;
}

/** The result of a job: null when it is complete, otherwise the delay and lane of its next run. */
export interface TaskResult {
  reschedule: Reschedule | null;
  /** The delivery was made pending again meanwhile, and has another job. */
  hasOtherJob?: boolean;
}

type Reschedule = Pick<DeliveryJob, 'lane' | 'priority'> & {
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

export interface DeliveryConsumer extends Omit<JobConsumer, 'hasBacklog' | 'addRunning'> {
  /** Whether deliveries waited in the lane when this process last fetched one, or it fetches none. */
  readonly hasBacklog: boolean;
  /**
   * Adds the job of a delivery that runs in this process without one, as if this process had fetched it: the consumer gets its task.
   * Returns false if the delivery has a job, or if Redis is unavailable.
   */
  addRunning(deliveryId: string): Promise<boolean>;
}

/** Runs the deliveries of one lane until stopped. */
export async function consumeDeliveries(
  { lane, enqueue, onMalformed, withholdDelayed, ...options }: DeliveryConsumerOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<DeliveryConsumer> {
  const prefixes = shardPrefixes(options);
  const queue = { queueName: deliveriesQueue(lane), prefixes };
  const consumer = await startConsumer({ ...options, ...queue }, async (job, { delayedJobs }) => {
    const deliveryId = deliveryIdOf(job.id ?? '');
    if (deliveryId === null) return onMalformed(job.id ?? '');
    const { reschedule } = await run({
      deliveryId,
      lane,
      released: job.name === RELEASED,
      requeued: job.name === REQUEUED,
      prioritized: job.opts.lifo === true,
      isNext: job.name === NEXT,
      priority: job.priority || 0,
      crashes: job.stalledCounter,
      addedAt: job.timestamp,
    });
    if (!reschedule) return;
    if (reschedule.lane === lane) {
      // Its delivery waits in PostgreSQL, and the lane feeder adds a job when it is due.
      if (!reschedule.isInFlight && (await withholdDelayed?.(deliveryId, lane, delayedJobs))) return;
      throw new RetryLater(Math.max(Math.round(reschedule.delayMs), 1), reschedule.priority ?? 0);
    }
    // Enqueued before this job completes. A crash in between leaves two jobs. The second one finds nothing to do.
    await enqueue([{ deliveryId, ...reschedule }]);
  });

  const otherQueues = LANES.filter((other) => other !== lane).map(deliveriesQueue);
  return {
    ...consumer,
    get hasBacklog() {
      return consumer.hasBacklog();
    },
    addRunning: (deliveryId) =>
      consumer
        .addRunning(shardOf(deliveryId, prefixes.length), jobIdOf(deliveryId), otherQueues)
        .catch((error: Error) => {
          options.onError(error);
          return false;
        }),
  };
}
