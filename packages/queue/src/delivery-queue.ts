import { type Lane, LANES } from '@posthorn/core';
import { Queue } from 'bullmq';
import { deliveriesQueue, deliveryJobKeys, filledMarker, jobIdOf, RELEASED } from './names.js';
import { connectForCommands, untilConnected } from './redis.js';

export interface DeliveryJob {
  deliveryId: string;
  dueAt: Date;
  lane: Lane;
  /** Taken next, before everything that waits in its lane. */
  ahead?: boolean;
  /** It was held for its webhook to have room, and its turn has come. */
  released?: boolean;
}

/** Jobs of one lane by what they wait for. */
export interface LaneDepth {
  waiting: number;
  active: number;
  delayed: number;
}

/** Hands deliveries to the workers. Its commands fail at once while Redis is away; the reconciler makes up for it. */
export interface DeliveryQueue {
  /** One job for each delivery. A delivery that has a job in that lane already keeps it. */
  enqueue(jobs: readonly DeliveryJob[]): Promise<void>;
  /** Takes the job of a delivery out of a lane. Answers false while a worker is at it: then it stays. */
  withdraw(deliveryId: string, lane: Lane): Promise<boolean>;
  /** Lets a job that waits for its time wait until another time. */
  postpone(deliveryId: string, lane: Lane, until: Date): Promise<void>;
  /** Which of these deliveries have no job in any lane. */
  withoutJob(deliveryIds: readonly string[]): Promise<Set<string>>;
  /** Whether Redis still holds what `markFilled` was called for; false after it came back empty. */
  isFilled(): Promise<boolean>;
  markFilled(): Promise<void>;
  depth(): Promise<Record<Lane, LaneDepth>>;
  /** How many worker processes take first attempts. Null where Redis does not tell of its clients. */
  workerCount(): Promise<number | null>;
  /** How many first attempts wait for a worker. */
  fastLaneLength(): Promise<number>;
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
  const queues = new Map(LANES.map((lane) => [lane, openQueue(lane)]));

  function openQueue(lane: Lane): Queue {
    const queue = new Queue(deliveriesQueue(lane), {
      connection: redis,
      prefix,
      streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
    });
    queue.on('error', onError);
    return queue;
  }

  return {
    async enqueue(jobs) {
      const now = Date.now();
      for (const [lane, queue] of queues) {
        const mine = jobs.filter((job) => job.lane === lane);
        for (let start = 0; start < mine.length; start += ADD_CHUNK) {
          await queue.addBulk(mine.slice(start, start + ADD_CHUNK).map((job) => toBullJob(job, now)));
        }
      }
    },
    async withdraw(deliveryId, lane) {
      return (await queues.get(lane)?.remove(jobIdOf(deliveryId))) !== 0;
    },
    async postpone(deliveryId, lane, until) {
      const job = await queues.get(lane)?.getJob(jobIdOf(deliveryId));
      if (await job?.isDelayed()) await job?.changeDelay(Math.max(until.getTime() - Date.now(), 0));
    },
    async withoutJob(deliveryIds) {
      const found = await Promise.all(deliveryIds.map((id) => redis.exists(...deliveryJobKeys(prefix, id))));
      return new Set(deliveryIds.filter((_, index) => found[index] === 0));
    },
    async isFilled() {
      return (await redis.exists(filledMarker(prefix))) === 1;
    },
    async markFilled() {
      await redis.set(filledMarker(prefix), '1');
    },
    async depth() {
      const depths = await Promise.all(LANES.map((lane) => depthOf(queues, lane)));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one for each lane
      return Object.fromEntries(LANES.map((lane, index) => [lane, depths[index]])) as Record<Lane, LaneDepth>;
    },
    async workerCount() {
      try {
        const clients = (await queues.get('fast')?.getWorkers()) ?? [];
        // Where Redis knows no such command, BullMQ answers one client that says so and has no address.
        return clients.some(({ addr }) => addr === undefined) ? null : clients.length;
      } catch (error) {
        // It may be forbidden to this user.
        if (error instanceof Error && error.message.startsWith('NOPERM')) return null;
        throw error;
      }
    },
    fastLaneLength: () => redis.llen(`${prefix}:${deliveriesQueue('fast')}:wait`),
    async ping() {
      await redis.ping();
    },
    async close() {
      await Promise.all(Array.from(queues.values(), (queue) => queue.close()));
      redis.disconnect();
    },
  };
}

async function depthOf(queues: ReadonlyMap<Lane, Queue>, lane: Lane): Promise<LaneDepth> {
  const counts = await queues.get(lane)?.getJobCounts('waiting', 'active', 'delayed');
  return {
    waiting: counts?.['waiting'] ?? 0,
    active: counts?.['active'] ?? 0,
    delayed: counts?.['delayed'] ?? 0,
  };
}

/**
 * Everything a job needs is its id, and every other option is set by the worker: with all values below 64 bytes Redis
 * keeps the job in its compact form, at less than half the memory.
 */
function toBullJob({ deliveryId, dueAt, ahead = false, released = false }: DeliveryJob, now: number) {
  const delay = Math.max(dueAt.getTime() - now, 0);
  return {
    name: released ? RELEASED : 'deliver',
    data: {},
    opts: { jobId: jobIdOf(deliveryId), ...(delay > 0 && { delay }), ...(ahead && { lifo: true }) },
  };
}
