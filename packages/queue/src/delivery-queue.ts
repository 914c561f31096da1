import { type Lane, LANES, type Part } from '@posthorn/core';
import { Queue } from 'bullmq';
import { deliveriesQueue, deliveryJobKeys, populatedMarkerKey, jobIdOf, RELEASED } from './names.js';
import { connectForCommands, type RedisSettings, untilConnected } from './redis.js';
import { shardOf, shardPrefixes } from './shards.js';

export interface DeliveryJob {
  deliveryId: string;
  dueAt: Date;
  lane: Lane;
  /** Taken next, before everything that waits in its lane. */
  prioritized?: boolean;
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
export interface DeliveryQueue extends Part {
  /** One job for each delivery. A delivery that has a job in that lane already keeps it. */
  enqueue(jobs: readonly DeliveryJob[]): Promise<void>;
  /** Takes the job of a delivery out of a lane. Answers false while a worker is at it: then it stays. */
  removeJob(deliveryId: string, lane: Lane): Promise<boolean>;
  /** Lets a job that waits for its time wait until another time. */
  postpone(deliveryId: string, lane: Lane, until: Date): Promise<void>;
  /** Which of these deliveries have no job in any lane. */
  findMissingJobs(deliveryIds: readonly string[]): Promise<Set<string>>;
  /** Whether Redis still holds what `markPopulated` was called for; false after it came back empty. */
  isPopulated(): Promise<boolean>;
  markPopulated(): Promise<void>;
  depth(): Promise<Record<Lane, LaneDepth>>;
  /** How many worker processes take first attempts. Null where Redis does not tell of its clients. */
  workerCount(): Promise<number | null>;
  /** How many first attempts wait for a worker. */
  fastLaneLength(): Promise<number>;
  ping(): Promise<void>;
  stop(): Promise<void>;
}

/** Most jobs that are on their way to Redis at a time. */
const ADD_CHUNK = 1000;

/** BullMQ writes every change of state into a stream that nobody of ours reads. */
const EVENT_STREAM_LENGTH = 100;

/** A part of the deliveries of all lanes, by their ids. */
interface Shard {
  prefix: string;
  lanes: Record<Lane, Queue>;
}

/** @throws Error with one clear line when Redis cannot be reached */
export async function createDeliveryQueue({
  onError = () => {},
  ...settings
}: RedisSettings & { onError?: (error: Error) => void }): Promise<DeliveryQueue> {
  const redis = connectForCommands(settings);
  await untilConnected(redis, settings.redisUrl);
  const shards = shardPrefixes(settings).map(openShard);

  function openShard(prefix: string): Shard {
    const [fast, slow, retry, replay] = [open('fast'), open('slow'), open('retry'), open('replay')];
    return { prefix, lanes: { fast, slow, retry, replay } };

    function open(lane: Lane): Queue {
      const queue = new Queue(deliveriesQueue(lane), {
        connection: redis,
        prefix,
        streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
      });
      queue.on('error', onError);
      return queue;
    }
  }

  function shardFor(deliveryId: string): Shard {
    const shard = shards[shardOf(deliveryId, shards.length)];
    if (!shard) throw new Error('there is a shard for every delivery');
    return shard;
  }

  return {
    async enqueue(jobs) {
      const now = Date.now();
      const byQueue = new Map<Queue, DeliveryJob[]>();
      for (const job of jobs) {
        const queue = shardFor(job.deliveryId).lanes[job.lane];
        const mine = byQueue.get(queue);
        if (mine) mine.push(job);
        else byQueue.set(queue, [job]);
      }
      // Those of a node that is away hold up no others.
      await Promise.all(Array.from(byQueue, ([queue, mine]) => addAll(queue, mine, now)));
    },
    async removeJob(deliveryId, lane) {
      return (await shardFor(deliveryId).lanes[lane].remove(jobIdOf(deliveryId))) !== 0;
    },
    async postpone(deliveryId, lane, until) {
      const job = await shardFor(deliveryId).lanes[lane].getJob(jobIdOf(deliveryId));
      if (await job?.isDelayed()) await job?.changeDelay(Math.max(until.getTime() - Date.now(), 0));
    },
    async findMissingJobs(deliveryIds) {
      const found = await Promise.all(
        deliveryIds.map((id) => redis.exists(...deliveryJobKeys(shardFor(id).prefix, id))),
      );
      return new Set(deliveryIds.filter((_, index) => found[index] === 0));
    },
    async isPopulated() {
      const found = await Promise.all(shards.map(({ prefix }) => redis.exists(populatedMarkerKey(prefix))));
      return found.every((count) => count === 1);
    },
    async markPopulated() {
      await Promise.all(shards.map(({ prefix }) => redis.set(populatedMarkerKey(prefix), '1')));
    },
    async depth() {
      const depths = await Promise.all(LANES.map((lane) => depthOf(shards.map(({ lanes }) => lanes[lane]))));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one for each lane
      return Object.fromEntries(LANES.map((lane, index) => [lane, depths[index]])) as Record<Lane, LaneDepth>;
    },
    async workerCount() {
      try {
        // Each takes from all shards.
        const clients = (await shards[0]?.lanes.fast.getWorkers()) ?? [];
        // Where Redis knows no such command, BullMQ answers one client that says so and has no address.
        return clients.some(({ addr }) => addr === undefined) ? null : clients.length;
      } catch (error) {
        // It may be forbidden to this user.
        if (error instanceof Error && error.message.startsWith('NOPERM')) return null;
        throw error;
      }
    },
    async fastLaneLength() {
      const lengths = await Promise.all(
        shards.map(({ prefix }) => redis.llen(`${prefix}:${deliveriesQueue('fast')}:wait`)),
      );
      return sum(lengths);
    },
    async ping() {
      await redis.ping();
    },
    async stop() {
      await Promise.all(shards.flatMap(({ lanes }) => LANES.map((lane) => lanes[lane].close())));
      redis.disconnect();
    },
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** One by one: they leave together all the same, and a pipeline of ioredis costs 0.1 ms to make. */
async function addAll(queue: Queue, jobs: readonly DeliveryJob[], now: number): Promise<void> {
  for (let start = 0; start < jobs.length; start += ADD_CHUNK) {
    await Promise.all(jobs.slice(start, start + ADD_CHUNK).map((job) => add(queue, job, now)));
  }
}

async function depthOf(queues: readonly Queue[]): Promise<LaneDepth> {
  const counts = await Promise.all(queues.map((queue) => queue.getJobCounts('waiting', 'active', 'delayed')));
  const total = (state: keyof LaneDepth) => sum(counts.map((count) => count[state] ?? 0));
  return { waiting: total('waiting'), active: total('active'), delayed: total('delayed') };
}

/**
 * Everything a job needs is its id, and every other option is set by the worker: with all values below 64 bytes Redis
 * keeps the job in its compact form, at less than half the memory.
 */
function add(
  queue: Queue,
  { deliveryId, dueAt, prioritized, released }: DeliveryJob,
  now: number,
): Promise<unknown> {
  const delay = Math.max(dueAt.getTime() - now, 0);
  const opts = {
    jobId: jobIdOf(deliveryId),
    ...(delay > 0 && { delay }),
    ...(prioritized && { lifo: true }),
  };
  return queue.add(released ? RELEASED : 'deliver', {}, opts);
}
