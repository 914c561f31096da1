import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupBy, type Lane, LANES, type OnFailure, type Part, repliesOf } from '@posthorn/core';
import { Queue } from 'bullmq';
import { type AddJobs, addJobs, type JobKind, type NewJob } from '../bullmq/add-jobs.js';
import { countConsumers } from '../redis/count-consumers.js';
import { laneLimit } from '../limits/lane-limit.js';
import {
  deliveriesQueue,
  deliveryJobKeys,
  erasureCountKey,
  installationKey,
  jobIdOf,
  NEXT,
  populatedMarkerKey,
  RELEASED,
  REQUEUED,
  type WakeTarget,
  wakeStream,
} from '../redis/names.js';
import { connectForCommands, type RedisClient, type RedisSettings, untilConnected } from '../redis/redis.js';
import { assertPermissions } from '../redis/redis-permissions.js';
import { type RemoveUnlistedJob, removeUnlistedJob } from '../bullmq/remove-unlisted-job.js';
import { runMisplacedJobs } from '../bullmq/run-misplaced-jobs.js';
import { shardOf, shardPrefixes } from '../redis/shards.js';
import { type WithheldLanes, withheldLanes } from '../limits/withheld-lanes.js';

export interface DeliveryJob {
  deliveryId: string;
  lane: Lane;
  /** When it runs, in milliseconds from now. Default: 0. */
  delayMs?: number;
  /** Runs before the waiting jobs of its lane. */
  prioritized?: boolean;
  /** Of the waiting jobs of a lane, those with a lower number run first. Default: 0. */
  priority?: number;
  /** The delivery was held and has been released. */
  released?: boolean;
  /** The delivery was made pending again: see `requeue`. */
  requeued?: boolean;
  /** The delivery is the next one of its chain: it takes the place of the one before, whose job has just ended. */
  isNext?: boolean;
  /** The lane feeder adds it to a lane that withholds others. */
  fed?: boolean;
}

/** The job that a worker runs, or has run. */
export interface RunJob {
  deliveryId: string;
  lane: Lane;
  /** When the job was added, in Unix milliseconds. A job that has replaced it in its lane has another time. */
  addedAt: number;
}

/** The number of jobs of one lane by state. */
interface LaneDepth {
  waiting: number;
  active: number;
  delayed: number;
}

/** The mark of the last `markPopulated` in each shard. It differs after each loss of data, and is null until the shard is marked again. */
export type Population = readonly (string | null | undefined)[];

/** Queues the jobs of deliveries by lane. Commands fail immediately while Redis is unavailable. */
export interface DeliveryQueue extends Part {
  /**
   * Adds one job for each delivery, unless its lane withholds it: then the lane feeder adds it later. A delivery that already has a job in
   * that lane keeps it.
   */
  enqueue(jobs: readonly DeliveryJob[]): Promise<void>;
  /** Does the same, and returns the number of jobs that were withheld. */
  enqueueFitting(jobs: readonly DeliveryJob[]): Promise<number>;
  /** The lanes that withhold deliveries. */
  withheld: WithheldLanes;
  /** Returns the index of the shard with the jobs of a delivery. */
  shardOf(deliveryId: string): number;
  /**
   * Adds a job for a delivery that was made pending again, and removes its earlier jobs from all lanes. If a worker runs one, adds the
   * job as soon as that one has ended. If it does not end soon, its request is in flight, and may be for as long as its timeout: the job
   * is added beside it, in another lane.
   */
  requeue(job: DeliveryJob): Promise<void>;
  /**
   * Removes the job of a delivery from a lane. Returns false, and keeps the job, while a worker runs it.
   * @param addedAt removes only the job that was added at this time, not one that has replaced it
   */
  removeJob(deliveryId: string, lane: Lane, addedAt?: number): Promise<boolean>;
  /** Makes a delayed job run in `delayMs` from now, unless another one has replaced it in its lane. */
  postpone(job: RunJob, delayMs: number): Promise<void>;
  /**
   * Makes delayed jobs run that are overdue, or delayed for longer than `maxDelayMs`, by the clock of Redis. BullMQ delays and runs
   * jobs by the clocks of the processes, so one whose clock was wrong leaves such jobs. Returns how many it found.
   * @param onFailure omits shards that do not reply
   */
  runMisplaced(maxDelayMs: number, onFailure?: OnFailure): Promise<number>;
  /**
   * Returns the deliveries that have no job in any lane.
   * @param onFailure omits the deliveries of shards that do not reply
   */
  findMissingJobs(deliveryIds: readonly string[], onFailure?: OnFailure): Promise<Set<string>>;
  /**
   * Removes those jobs of deliveries that no worker can find, because they are in no list of their lane. Returns the deliveries.
   * @param onFailure omits the deliveries of shards that do not reply
   */
  removeUnlistedJobs(deliveryIds: readonly string[], onFailure?: OnFailure): Promise<string[]>;
  /**
   * Registers the installation as the only one that uses the prefix. To be repeated: Redis may lose its data.
   * @throws Error with a one-line message if another installation uses the prefix
   */
  claimPrefix(installationId: string): Promise<void>;
  /** Returns the number of erasures that the database of an installation knew. Null after Redis has lost its data. */
  readErasureCount(installationId: string): Promise<number | null>;
  /** Records the number of erasures that the database of an installation knows. It is never lowered. */
  raiseErasureCount(installationId: string, count: number): Promise<void>;
  /** @param onFailure makes the mark of a shard that does not reply undefined */
  population(onFailure?: OnFailure): Promise<Population>;
  /** Marks the shards that have lost their data as populated. */
  markPopulated(): Promise<void>;
  depth(): Promise<Record<Lane, LaneDepth>>;
  /** Returns the number of worker processes of the fast lane. Null when Redis does not list its clients. */
  workerCount(): Promise<number | null>;
  /** Returns the number of waiting jobs in the fast lane, in the shards that reply. */
  fastLaneLength(): Promise<number>;
  /** Makes processes that wait look for work now. If this fails, they find it later. */
  wake(target: WakeTarget): void;
  ping(): Promise<void>;
  stop(): Promise<void>;
}

/** BullMQ records every state change in a stream, which Posthorn does not read. */
const EVENT_STREAM_LENGTH = 100;

/** Calls of `wake` within this time are one, in milliseconds. */
const WAKE_DELAY_MS = 20;

/** Pauses between the attempts to remove a job that a worker runs, in milliseconds. After its record, a job ends within a fraction of this time. */
const REMOVAL_PAUSES_MS = [10, 20, 40, 80, 160, 320, 640, 640];

/** KEYS: the count. ARGV: the count that it has at least from now on. */
const RAISE_COUNT = `
local current = redis.call('GET', KEYS[1])
if not current or tonumber(current) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
`;

/** A share of the deliveries of every lane, selected by delivery id. */
interface Shard {
  prefix: string;
  lanes: Record<Lane, Queue>;
}

interface QueueOptions extends RedisSettings {
  onError?: (error: Error) => void;
}

/** @throws Error with a one-line message when Redis is unavailable, or its user has too few permissions */
export async function createDeliveryQueue(options: QueueOptions): Promise<DeliveryQueue> {
  const redis = connectForCommands(options);
  await untilConnected(redis, options.redisUrl);
  try {
    await assertPermissions(redis, options);
    const queue = new RedisDeliveryQueue(redis, options);
    await queue.untilReady();
    return queue;
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

class RedisDeliveryQueue implements DeliveryQueue {
  readonly withheld: WithheldLanes;
  readonly #redis: RedisClient;
  readonly #settings: RedisSettings;
  readonly #onError: (error: Error) => void;
  readonly #shards: Shard[];
  readonly #add: AddJobs;
  readonly #removeUnlisted: RemoveUnlistedJob;
  readonly #wakeTimers = new Map<WakeTarget, NodeJS.Timeout>();

  constructor(redis: RedisClient, { onError = () => {}, ...settings }: QueueOptions) {
    this.#redis = redis;
    this.#settings = settings;
    this.#onError = onError;
    this.#shards = shardPrefixes(settings).map((prefix) => this.#openShard(prefix));
    this.#add = addJobs(redis);
    this.#removeUnlisted = removeUnlistedJob(redis);
    this.withheld = withheldLanes({
      redis,
      shards: this.#shards,
      shardOf: (deliveryId) => this.shardOf(deliveryId),
      limit: () => this.#limit(),
    });
  }

  #openShard(prefix: string): Shard {
    const open = (lane: Lane): Queue => {
      const queue = new Queue(deliveriesQueue(lane), {
        connection: this.#redis,
        prefix,
        streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
      });
      queue.on('error', this.#onError);
      return queue;
    };
    return {
      prefix,
      lanes: { fast: open('fast'), slow: open('slow'), retry: open('retry'), replay: open('replay') },
    };
  }

  async untilReady(): Promise<void> {
    await Promise.all(queuesOf(this.#shards).map((queue) => queue.waitUntilReady()));
  }

  shardOf(deliveryId: string): number {
    return shardOf(deliveryId, this.#shards.length);
  }

  #shardFor(deliveryId: string): Shard {
    const shard = this.#shards[this.shardOf(deliveryId)];
    if (!shard) throw new Error('no shard for the delivery');
    return shard;
  }

  /** The maximum number of jobs of a lane in one shard. */
  #limit(): number {
    return Math.ceil(laneLimit(this.#redis, this.#settings) / this.#shards.length);
  }

  async enqueue(jobs: readonly DeliveryJob[]): Promise<void> {
    await this.enqueueFitting(jobs);
  }

  async enqueueFitting(jobs: readonly DeliveryJob[]): Promise<number> {
    const byQueue = groupBy(jobs, ({ deliveryId, lane }) => this.#shardFor(deliveryId).lanes[lane]);
    // An unavailable node does not delay jobs on other nodes.
    return sum(
      await Promise.all(Array.from(byQueue, ([queue, queueJobs]) => this.#addAll(queue, queueJobs))),
    );
  }

  /** Returns the number of withheld jobs. */
  #addAll(queue: Queue, jobs: readonly DeliveryJob[]): Promise<number> {
    return this.#add(queue, jobs.map(toNewJob), this.#limit());
  }

  async requeue(job: DeliveryJob): Promise<void> {
    const { lanes, prefix } = this.#shardFor(job.deliveryId);
    const requeued = { ...job, requeued: true };
    for (const pauseMs of REMOVAL_PAUSES_MS) {
      await Promise.all(LANES.map((lane) => lanes[lane].remove(jobIdOf(job.deliveryId))));
      // Checked for all lanes at once: a job that a worker runs is not removed, and may have moved to another lane meanwhile.
      const remaining = await this.#redis.exists(...deliveryJobKeys(prefix, job.deliveryId));
      if (remaining === 0) return void (await this.#addAll(lanes[job.lane], [requeued]));
      await sleep(pauseMs);
    }
    const jobId = jobIdOf(job.deliveryId);
    for (const lane of [job.lane, ...LANES]) {
      const hasJob = await this.#redis.exists(lanes[lane].toKey(jobId));
      if (hasJob === 0) return void (await this.#addAll(lanes[lane], [{ ...requeued, lane }]));
    }
  }

  async removeJob(deliveryId: string, lane: Lane, addedAt?: number): Promise<boolean> {
    const queue = this.#shardFor(deliveryId).lanes[lane];
    const jobId = jobIdOf(deliveryId);
    // If it is replaced between the two commands, the reconciler adds the job again.
    if (
      addedAt !== undefined &&
      (await this.#redis.hget(queue.toKey(jobId), 'timestamp')) !== String(addedAt)
    )
      return true;
    return (await queue.remove(jobId)) !== 0;
  }

  async postpone({ deliveryId, lane, addedAt }: RunJob, delayMs: number): Promise<void> {
    const job = await this.#shardFor(deliveryId).lanes[lane].getJob(jobIdOf(deliveryId));
    if (job?.timestamp === addedAt && (await job.isDelayed())) await job.changeDelay(delayMs);
  }

  async runMisplaced(maxDelayMs: number, onFailure?: OnFailure): Promise<number> {
    const delayed = await repliesOf(
      this.#shards.map(({ lanes }) =>
        this.#redis.exists(...LANES.map((lane) => lanes[lane].toKey('delayed'))),
      ),
      onFailure,
    );
    if (sum(delayed) === 0) return 0;
    const [seconds] = await this.#redis.time();
    const found = await repliesOf(
      queuesOf(this.#shards).map((queue) =>
        runMisplacedJobs(this.#redis, queue, { nowMs: Number(seconds) * 1000, maxDelayMs }),
      ),
      onFailure,
    );
    return sum(found);
  }

  async findMissingJobs(deliveryIds: readonly string[], onFailure?: OnFailure): Promise<Set<string>> {
    const found = await repliesOf(
      deliveryIds.map((id) => this.#redis.exists(...deliveryJobKeys(this.#shardFor(id).prefix, id))),
      onFailure,
    );
    return new Set(deliveryIds.filter((_, index) => found[index] === 0));
  }

  async removeUnlistedJobs(deliveryIds: readonly string[], onFailure?: OnFailure): Promise<string[]> {
    const removed = await repliesOf(
      deliveryIds.map(async (id) => {
        const { lanes } = this.#shardFor(id);
        const counts = LANES.map((lane) => this.#removeUnlisted(lanes[lane], jobIdOf(id)));
        return sum(await Promise.all(counts));
      }),
      onFailure,
    );
    return deliveryIds.filter((_, index) => (removed[index] ?? 0) > 0);
  }

  async claimPrefix(installationId: string): Promise<void> {
    const { prefix } = this.#settings;
    const key = installationKey(prefix);
    if ((await this.#redis.get(key)) === installationId) return;
    await this.#redis.set(key, installationId, 'NX');
    const owner = await this.#redis.get(key);
    if (owner !== null && owner !== installationId) throw new Error(describeConflict(prefix));
  }

  async readErasureCount(installationId: string): Promise<number | null> {
    const count = await this.#redis.get(erasureCountKey(this.#settings.prefix, installationId));
    return count === null ? null : Number(count);
  }

  async raiseErasureCount(installationId: string, count: number): Promise<void> {
    await this.#redis.eval(RAISE_COUNT, 1, erasureCountKey(this.#settings.prefix, installationId), count);
  }

  population(onFailure?: OnFailure): Promise<Population> {
    return repliesOf(
      this.#shards.map(({ prefix }) => this.#redis.get(populatedMarkerKey(prefix))),
      onFailure,
    );
  }

  async markPopulated(): Promise<void> {
    await Promise.all(
      this.#shards.map(({ prefix }) => this.#redis.set(populatedMarkerKey(prefix), randomUUID(), 'NX')),
    );
  }

  async depth(): Promise<Record<Lane, LaneDepth>> {
    const depthOfLane = (lane: Lane) => depthOf(this.#shards.map(({ lanes }) => lanes[lane]));
    const [fast, slow, retry, replay] = await Promise.all([
      depthOfLane('fast'),
      depthOfLane('slow'),
      depthOfLane('retry'),
      depthOfLane('replay'),
    ]);
    return { fast, slow, retry, replay };
  }

  async workerCount(): Promise<number | null> {
    // Every worker consumes from all shards.
    const [shard] = this.#shards;
    return shard ? countConsumers(shard.lanes.fast) : 0;
  }

  async fastLaneLength(): Promise<number> {
    const lengths = await repliesOf(
      this.#shards.map(({ lanes }) => this.#redis.llen(lanes.fast.toKey('wait'))),
      () => {},
    );
    return sum(lengths);
  }

  wake(target: WakeTarget): void {
    if (this.#wakeTimers.has(target)) return;
    const ring = (): void => {
      this.#wakeTimers.delete(target);
      const stream = wakeStream(this.#settings.prefix, target);
      this.#redis.xadd(stream, 'MAXLEN', 1, '*', 'wake', '1').catch(this.#onError);
    };
    this.#wakeTimers.set(target, setTimeout(ring, WAKE_DELAY_MS));
  }

  async ping(): Promise<void> {
    await this.#redis.ping();
  }

  async stop(): Promise<void> {
    for (const timer of this.#wakeTimers.values()) clearTimeout(timer);
    await Promise.all(queuesOf(this.#shards).map((queue) => queue.close()));
    this.#redis.disconnect();
  }
}

const queuesOf = (shards: readonly Shard[]): Queue[] =>
  shards.flatMap(({ lanes }) => LANES.map((lane) => lanes[lane]));

const describeConflict = (prefix: string): string =>
  `The Redis keys under ${prefix} belong to another installation. Set another POSTHORN_QUEUE_PREFIX, or, ` +
  `if that installation no longer exists, delete the key ${installationKey(prefix)}.`;

const sum = (numbers: readonly (number | undefined)[]): number =>
  numbers.reduce<number>((total, number = 0) => total + number, 0);

async function depthOf(queues: readonly Queue[]): Promise<LaneDepth> {
  const counts = await Promise.all(
    queues.map((queue) => queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed')),
  );
  const total = (state: string) => sum(counts.map((count) => count[state] ?? 0));
  return {
    waiting: total('waiting') + total('prioritized'),
    active: total('active'),
    delayed: total('delayed'),
  };
}

function nameOf({ released, requeued, isNext, prioritized }: DeliveryJob): string {
  if (released) return RELEASED;
  if (requeued) return REQUEUED;
  return isNext && prioritized ? NEXT : 'deliver';
}

const delayOf = ({ delayMs = 0 }: DeliveryJob): number => Math.max(Math.round(delayMs), 0);

const toNewJob = (job: DeliveryJob): NewJob => ({
  jobId: jobIdOf(job.deliveryId),
  name: nameOf(job),
  kind: kindOf(job),
  delayMs: delayOf(job),
  priority: job.priority ?? 0,
});

function kindOf({ released, isNext, fed, prioritized }: DeliveryJob): JobKind {
  // A chain has one job at a time, and the windows of the webhooks limit the released ones.
  if (isNext) return prioritized ? 'next' : 'unlimited';
  if (prioritized) return 'first';
  if (released) return 'unlimited';
  return fed ? 'fed' : 'new';
}
