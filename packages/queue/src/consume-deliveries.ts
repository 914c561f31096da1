import type { Lane } from '@posthorn/core';
import { type ConsumerOptions, type JobConsumer, RetryLater, startConsumer } from './start-consumer.js';
import type { DeliveryQueue } from './delivery-queue.js';
import { deliveriesQueue, deliveryIdOf, RELEASED } from './names.js';
import { shardPrefixes } from './shards.js';

export interface DeliveryTask {
  deliveryId: string;
  /** The lane that the job was taken from. */
  lane: Lane;
  /** It was held for its webhook to have room, and its turn has come. */
  released: boolean;
  /** It ran before the jobs that waited in its lane, because another tenant floods the lane. */
  prioritized: boolean;
  /** How many workers died or froze while they had this job. */
  crashes: number;
}

/** What remains to be done for a job: nothing, or another run at a time, in a lane. */
export interface TaskResult {
  reschedule: { at: Date; lane: Lane } | null;
}

export interface DeliveryConsumerOptions extends ConsumerOptions {
  lane: Lane;
  /** Takes what goes on in another lane. */
  enqueue: DeliveryQueue['enqueue'];
}

/** Takes deliveries off one lane until stopped. */
export function consumeDeliveries(
  { lane, enqueue, ...options }: DeliveryConsumerOptions,
  run: (task: DeliveryTask) => Promise<TaskResult>,
): Promise<JobConsumer> {
  const where = { queueName: deliveriesQueue(lane), prefixes: shardPrefixes(options) };
  return startConsumer({ ...options, ...where }, async (job) => {
    const deliveryId = deliveryIdOf(job.id ?? '');
    const { reschedule } = await run({
      deliveryId,
      lane,
      released: job.name === RELEASED,
      prioritized: job.opts.lifo === true,
      crashes: job.stalledCounter,
    });
    if (!reschedule) return;
    if (reschedule.lane === lane) throw new RetryLater(Math.max(reschedule.at.getTime() - Date.now(), 1));
    // Added there before it ends here: a crash in between leaves two jobs, of which the second finds nothing to do.
    await enqueue([{ deliveryId, dueAt: reschedule.at, lane: reschedule.lane }]);
  });
}
