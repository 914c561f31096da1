import { Queue } from 'bullmq';
import { DELIVERIES_QUEUE, deliveryJobKey, filledMarker, jobIdOf } from './names.js';
import { connectForCommands, untilConnected } from './redis.js';

export interface DeliveryJob {
  deliveryId: string;
  dueAt: Date;
}

/** Hands deliveries to the workers. Its commands fail at once while Redis is away; the reconciler makes up for it. */
export interface DeliveryQueue {
  /** One job for each delivery. A delivery that has a job already keeps it. */
  enqueue(jobs: readonly DeliveryJob[]): Promise<void>;
  /** Which of these deliveries have no job. */
  withoutJob(deliveryIds: readonly string[]): Promise<Set<string>>;
  /** Whether Redis still holds what `markFilled` was called for; false after it came back empty. */
  isFilled(): Promise<boolean>;
  markFilled(): Promise<void>;
  /** Jobs by state: waiting, active, delayed. */
  depth(): Promise<Record<string, number>>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Most jobs in one pipeline to Redis. */
const ADD_CHUNK = 1000;

/** BullMQ writes every change of state into a stream that nobody of ours reads. */
const EVENT_STREAM_LENGTH = 100;

/** @throws Error with one clear line when Redis cannot be reached */
export async function createDeliveryQueue(options: {
  redisUrl: string;
  prefix: string;
  onError?: (error: Error) => void;
}): Promise<DeliveryQueue> {
  const { redisUrl, prefix, onError = () => {} } = options;
  const redis = connectForCommands(redisUrl);
  await untilConnected(redis, redisUrl);
  const queue = new Queue(DELIVERIES_QUEUE, {
    connection: redis,
    prefix,
    streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
  });
  queue.on('error', onError);

  return {
    async enqueue(jobs) {
      const now = Date.now();
      for (let start = 0; start < jobs.length; start += ADD_CHUNK) {
        await queue.addBulk(jobs.slice(start, start + ADD_CHUNK).map((job) => toBullJob(job, now)));
      }
    },
    async withoutJob(deliveryIds) {
      const found = await Promise.all(deliveryIds.map((id) => redis.exists(deliveryJobKey(prefix, id))));
      return new Set(deliveryIds.filter((_, index) => found[index] === 0));
    },
    async isFilled() {
      return (await redis.exists(filledMarker(prefix))) === 1;
    },
    async markFilled() {
      await redis.set(filledMarker(prefix), '1');
    },
    depth: () => queue.getJobCounts('waiting', 'active', 'delayed'),
    async ping() {
      await redis.ping();
    },
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}

/**
 * Everything a job needs is its id, and every other option is set by the worker: with all values below 64 bytes Redis
 * keeps the job in its compact form, at less than half the memory.
 */
function toBullJob({ deliveryId, dueAt }: DeliveryJob, now: number) {
  const delay = Math.max(dueAt.getTime() - now, 0);
  return { name: 'deliver', data: {}, opts: { jobId: jobIdOf(deliveryId), ...(delay > 0 && { delay }) } };
}
