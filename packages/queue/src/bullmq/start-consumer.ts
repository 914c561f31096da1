import { type Deadline, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import type { Job } from 'bullmq';
import { PosthornWorker } from './posthorn-worker.js';
import { connectForConsuming, type RedisClient, type RedisSettings, untilConnected } from '../redis/redis.js';
import { changeFetchScripts } from './fetch-scripts.js';

export interface ConsumerOptions extends RedisSettings {
  /** Maximum number of jobs in progress in this process. */
  concurrency: number;
  onError: (error: Error) => void;
}

/** A running consumer of a queue. Jobs still in progress at the deadline of `stop` return to the queue. */
export interface JobConsumer extends Part {
  /** Sets the maximum number of jobs in progress. Jobs already in progress are not interrupted. */
  limit(concurrency: number): void;
  /** Looks for jobs that were added without waking it. */
  wake(): void;
  /** Returns whether jobs waited when the last one was fetched, or none are fetched now. */
  hasBacklog(): boolean;
  /**
   * Adds a job to a shard of the queue that this process runs, as if it had fetched it. Returns false if the job exists.
   * @param otherQueues queues of the same prefix that must not have the job
   */
  addRunning(shard: number, jobId: string, otherQueues: readonly string[]): Promise<boolean>;
}

/** Thrown by a job handler to run the same job again after a delay. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;
  readonly priority: number | null;

  /** @param priority of the next run; null to keep that of the job */
  constructor(delayMs: number, priority: number | null = null) {
    super('retry later');
    this.delayMs = delayMs;
    this.priority = priority;
  }
}

/** Delay before a job is retried after an unexpected error, such as a bug. */
const ERROR_DELAY_MS = 5000;

/** Delay before another process runs a job that a stopping process did not finish. */
const ABANDONED_DELAY_MS = 1000;

/** Delay before another process runs a job that a stopping process did not start. */
const NOT_STARTED_DELAY_MS = 1;

/** Timeout for returning jobs to the queue: Redis may be unavailable. */
const HAND_OVER_TIMEOUT_MS = 1000;

/** Time after which the lock on the job of a killed worker expires. */
const LOCK_DURATION_MS = 15_000;
const STALLED_INTERVAL_MS = 5000;

/** Longest wait for a job before the queue is checked, in seconds. BullMQ wakes a waiting worker. */
const MAX_BLOCK_SECONDS = 10;

interface StartConsumerOptions extends ConsumerOptions {
  queueName: string;
  /** The key prefix of each shard of the queue. */
  prefixes: string[];
  /** The connection, which is closed at the end. Default: a new one. */
  redis?: RedisClient;
}

/** Runs `handle` for every job of a queue. @throws Error with a one-line message when Redis is unavailable */
export async function startConsumer(
  { queueName, prefixes, ...options }: StartConsumerOptions,
  handle: (job: Job, lane: { delayedJobs: number }) => Promise<void>,
): Promise<JobConsumer> {
  const redis = options.redis ?? connectForConsuming(options);
  await untilConnected(redis, options.redisUrl);
  changeFetchScripts(redis);
  // Divides the concurrency evenly among the shards, with at least one job per shard.
  const perShard = (concurrency: number) => Math.ceil(concurrency / prefixes.length);
  const inProgress = new Set<() => void>();
  let stopping = false;
  const run = (job: Job, worker: PosthornWorker): Promise<void> =>
    new Promise((resolve, reject) => {
      // BullMQ still delivers the jobs that it was fetching when it was closed.
      if (stopping) return reject(new RetryLater(NOT_STARTED_DELAY_MS));
      const abandon = () => reject(new RetryLater(ABANDONED_DELAY_MS));
      inProgress.add(abandon);
      handle(job, worker)
        .catch(async (error: unknown) => {
          if (error instanceof RetryLater && error.priority !== null)
            await worker.setPriority(job, error.priority);
          throw error;
        })
        .then(resolve, reject)
        .finally(() => inProgress.delete(abandon));
    });
  const workers = prefixes.map((prefix) => {
    const worker: PosthornWorker = new PosthornWorker(queueName, (job) => run(job, worker), {
      connection: redis,
      prefix,
      concurrency: perShard(options.concurrency),
      lockDuration: LOCK_DURATION_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      // A job does not fail when its worker is killed.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      runRetryDelay: 500,
      drainDelay: MAX_BLOCK_SECONDS,
      settings: {
        backoffStrategy: (_attempts, _type, error) =>
          error instanceof RetryLater ? error.delayMs : ERROR_DELAY_MS,
      },
    });
    worker.on('error', options.onError);
    worker.on('failed', (_job, error) => {
      if (!(error instanceof RetryLater)) options.onError(error);
    });
    return worker;
  });
  try {
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.close(true)));
    redis.disconnect();
    throw error;
  }

  return {
    limit(concurrency) {
      for (const worker of workers) worker.limit(perShard(concurrency));
    },
    wake() {
      for (const worker of workers) worker.wake().catch(options.onError);
    },
    hasBacklog: () => workers.some((worker) => worker.hasBacklog),
    addRunning: async (shard, jobId, otherQueues) =>
      (await workers[shard]?.addRunning(jobId, otherQueues)) ?? false,
    stop: stopOnce(async (deadline: Deadline) => {
      stopping = true;
      const closed = Promise.all(workers.map((worker) => worker.close()));
      if (!(await settlesWithin(closed, deadline.remainingMs))) {
        // BullMQ waits for its jobs without a timeout. Jobs still in progress are returned to the queue for other processes.
        for (const abandon of inProgress) abandon();
        await settlesWithin(closed, HAND_OVER_TIMEOUT_MS);
      }
      redis.disconnect();
    }),
  };
}
