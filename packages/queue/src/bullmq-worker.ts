import { setTimeout as sleep } from 'node:timers/promises';
import { currentMoment, type Moment, settlesWithin } from '@posthorn/core';
import { type AsyncFifoQueue, type Job, type JobJson, Worker } from 'bullmq';
import { type Fetch, rememberFetch } from './fetched-jobs.js';
import { FETCHED_FROM, spareIdleQueue } from './idle-queue.js';
import type { RedisClient } from './redis.js';
import { repairJob } from './repair-job.js';
import { runIdOf } from './server-info.js';
import { delayedAfter, redisTimeOf, waitingAfter } from './waiting-after-fetch.js';

/** Maximum number of jobs fetched at a time. A higher number would keep jobs from idle workers. */
const MAX_FETCH = 16;

/** Longest time that a settled job waits for the next one, in milliseconds. Until then another process cannot add it again. */
const MAX_COMPLETION_DELAY_MS = 50;

/** Pause after a failed command, such as one that Redis refuses. BullMQ would repeat it at once. */
const ERROR_DELAY_MS = 500;

/**
 * Options of every job, whatever its publisher set. A job is retried while its delivery is pending in PostgreSQL, which counts
 * the attempts, and nothing of a finished job stays in Redis. The worker sets them, so they use no memory in Redis.
 */
const JOB_OPTIONS = {
  attempts: Number.MAX_SAFE_INTEGER,
  backoff: { type: 'posthorn' },
  stackTraceLimit: 0,
  removeOnComplete: true,
  removeOnFail: true,
};

/** Sets the priority of a job while its lock is ours. A write to a job that was lost would create it again, in no list. */
const SET_PRIORITY = `
if redis.call('GET', KEYS[2]) == ARGV[1] and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'priority', ARGV[2])
end
`;

interface PriorityCommand {
  setPriority(jobKey: string, lockKey: string, token: string, priority: number): Promise<null>;
}

type FetchedJob = Parameters<Worker['nextJobFromJobData']>;

/** The positions of the job's id, and of whether to fetch the next job, among the arguments of BullMQ's script `moveToFinished`. */
const JOB_ID_INDEX = 14;
const FETCH_NEXT_INDEX = 19;

/** The result of a call whose connection was closed before the reply. */
const CLOSED = Symbol('closed');

type ExecCommand = Worker['backend']['execCommand'];

/** A job whose completion fetches the next one. */
interface FetchingJob {
  job: Job;
  resolve: (next: Job | void) => void;
}

/**
 * Extends BullMQ's worker: it fetches waiting jobs in parallel and does not look for more when none waits, completes a job and
 * fetches the next one in one call, tolerates jobs with malformed fields, sets the options of each job itself, limits every wait,
 * and starts further jobs as soon as its concurrency is raised. Together with `boundJobReads` and `reportWaitingJobs`, everything
 * that overrides BullMQ or uses its internals.
 */
export class PosthornWorker extends Worker {
  /** The number of jobs that waited after the last one was fetched. */
  private waitingJobs = 0;
  /** The number of delayed jobs when the last one was fetched. */
  delayedJobs = 0;
  /** The calls that fetched the jobs which are created next. */
  private readonly fetches = new Map<string, Fetch>();
  /** A settled job whose completion fetches the next one as soon as the wait for it ends. */
  private ended: Job | null = null;
  private fetching: FetchingJob | null = null;

  protected override createBackend(): void {
    super.createBackend();
    this.redis.defineCommand('setPriority', { numberOfKeys: 2, lua: SET_PRIORITY });
    const { backend } = this;
    const execute = backend.execCommand.bind(backend);
    backend.execCommand = (client, name, args) => {
      const askedAt = currentMoment();
      const isBehindWait = this.completesEnded(name, args);
      const reply: unknown = isBehindWait
        ? this.completeAndFetch(args, execute)
        : execute(client, name, args);
      if (!(reply instanceof Promise)) return reply;
      const executor = isBehindWait ? backend.blockingClient : this.redis;
      return reply.then(async (value) =>
        this.repairReply(value, askedAt, runIdOf((await executor) ?? this.redis)),
      );
    };
    const { lockDuration = 0, stalledInterval = 1 } = this.opts;
    spareIdleQueue(
      backend,
      (...names) => this.hasAny(...names),
      Math.floor(lockDuration / stalledInterval) - 1,
    );
  }

  /**
   * Repairs a job that a publisher wrote directly into Redis with malformed fields. Otherwise BullMQ would throw when it fetches
   * or finishes the job, and the job would stay active without a worker. A reply with a job starts with its fields and id.
   */
  private repairReply(reply: unknown, askedAt: Moment, redisRunId: string | null): unknown {
    if (!Array.isArray(reply)) return reply;
    const [fields, jobId]: unknown[] = reply;
    if (!Array.isArray(fields) || typeof jobId !== 'string') return reply;
    this.waitingJobs = waitingAfter(reply);
    this.delayedJobs = delayedAfter(reply);
    this.fetches.set(jobId, { askedAt, redisMs: redisTimeOf(reply), redisRunId });
    const cleared = repairJob(fields);
    if (cleared.length === 0) return reply;
    return this.backend.client.then((redis) => redis.hdel(this.toKey(jobId), ...cleared)).then(() => reply);
  }

  /** BullMQ fetches one job at a time. This override also fetches further waiting jobs, in parallel, and pauses after a failure. */
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    try {
      const next = this.ended && (await this.nextAfter(this.ended));
      const job = next ?? (await super.moveToActive(token, name));
      if (job && !this.closing) this.fetchMore(Math.min(this.waitingJobs, MAX_FETCH), token);
      return job;
    } catch (error) {
      await sleep(ERROR_DELAY_MS);
      throw error;
    }
  }

  /** BullMQ fetches again after each job, to find out that none waits. With this override it waits for the next one at once. */
  protected override async nextJobFromJobData(...fetched: FetchedJob): Promise<Job> {
    const job = await super.nextJobFromJobData(...fetched);
    if (job && this.waitingJobs === 0) this['drained'] = true;
    return job;
  }

  /**
   * When a job ends, BullMQ fetches the next one in the same call. With this override it does not while the worker waits for one,
   * except for the job that ended last: its call is executed when the wait ends, and `moveToActive` returns the next job.
   */
  override async processJob(job: Job, token: string, canFetch = () => true): Promise<void | Job> {
    let next: Job | void = undefined;
    try {
      next = await super.processJob(job, token, () => canFetch() && (!this['waiting'] || this.ended === job));
    } finally {
      if (this.ended === job) this.ended = null;
      if (this.fetching?.job === job) {
        this.fetching.resolve(next);
        this.fetching = null;
        next = undefined;
      }
    }
    return next;
  }

  /**
   * Makes the completion of a settled job, which follows, fetch the next one as soon as the worker is woken for it. Has no effect
   * unless the worker waits for a job, and no other one does the same.
   */
  fetchNextOnCompletion(job: Job): void {
    if (!this.ended && this['waiting'] && !this.closing) this.ended = job;
  }

  private completesEnded(name: string, args: readonly unknown[]): boolean {
    return (
      name === 'moveToFinished' &&
      this['waiting'] !== null &&
      this.ended?.id === args[JOB_ID_INDEX] &&
      args[FETCH_NEXT_INDEX] === 1
    );
  }

  /**
   * Sends the call behind the blocking command, which Redis executes first, so that the next job arrives with what wakes the worker.
   * If none comes soon, the job is completed without fetching, and the call finds nothing to do.
   */
  private async completeAndFetch(args: unknown[], execute: ExecCommand): Promise<unknown> {
    const { client, blockingClient = client } = this.backend;
    const call: Promise<unknown> = execute(await blockingClient, 'moveToFinished', args);
    const fetched = call.catch(() => CLOSED);
    if (await settlesWithin(fetched, MAX_COMPLETION_DELAY_MS)) {
      const reply = await fetched;
      if (reply !== CLOSED) return reply;
    }
    const completed = await execute(await client, 'moveToFinished', args.with(FETCH_NEXT_INDEX, 0));
    if (completed >= 0) return completed;
    // The first call was executed meanwhile, or the job was lost.
    const reply = await fetched;
    return reply === CLOSED ? completed : reply;
  }

  private nextAfter(job: Job): Promise<Job | void> {
    return new Promise((resolve) => (this.fetching = { job, resolve }));
  }

  /** Changes the concurrency. BullMQ checks it only when a job ends, so this wakes its loop when more jobs can start. */
  limit(concurrency: number): void {
    const isHigher = concurrency > this.concurrency;
    this.concurrency = concurrency;
    const inProgress: AsyncFifoQueue<Job | void> | null = this['mainLoopQueue'];
    if (isHigher) inProgress?.add(Promise.resolve());
  }

  /** Makes a worker that waits look for jobs, which were added without waking it. */
  async wake(): Promise<void> {
    if (this['waiting'] === null || !(await this.hasAny(...FETCHED_FROM))) return;
    await this.redis.zadd(this.toKey('marker'), 0, '0');
  }

  private get redis(): RedisClient & PriorityCommand {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- passed by startConsumer; BullMQ's type lacks commands
    return this.opts.connection as RedisClient & PriorityCommand;
  }

  private async hasAny(...names: string[]): Promise<boolean> {
    const keys = names.map((name) => this.toKey(name));
    return (await this.redis.exists(...keys)) > 0;
  }

  /** Sets the priority of a job in progress for its next run. BullMQ's `changePriority` would search the list of waiting jobs. */
  async setPriority(job: Job, priority: number): Promise<void> {
    if (job.priority === priority) return;
    const key = this.toKey(job.id ?? '');
    await this.redis.setPriority(key, `${key}:lock`, job.token ?? '', priority);
  }

  /** Fetches up to `count` jobs, within the concurrency. */
  private fetchMore(count: number, token: string): void {
    const inProgress: AsyncFifoQueue<Job | void> = this['mainLoopQueue'];
    const free = this.concurrency - inProgress.numTotal();
    for (let index = Math.min(count, free); index > 0; index -= 1) {
      inProgress.add(
        super.moveToActive(`${token}:${index}`, this.opts.name).catch((error: Error) => {
          this.emit('error', error);
        }),
      );
    }
  }

  /** BullMQ calls it without a time after it failed to wait for a job. */
  override async delay(
    milliseconds = ERROR_DELAY_MS,
    abortController?: Parameters<Worker['delay']>[1],
  ): Promise<void> {
    await super.delay(milliseconds, abortController);
  }

  /** BullMQ waits longer than `drainDelay` while jobs are delayed. */
  protected override getBlockTimeout(blockUntil: number): number {
    return Math.min(super.getBlockTimeout(blockUntil), this.opts.drainDelay ?? Infinity);
  }

  /** BullMQ parses the data. This override keeps its text: parsing changes numbers, and fails for data that is not JSON. */
  protected override createJob(data: JobJson, jobId: string): Job {
    const job = super.createJob({ ...data, data: '' }, jobId);
    job.data = data.data;
    Object.assign(job.opts, JOB_OPTIONS);
    const fetch = this.fetches.get(jobId);
    if (fetch) rememberFetch(job, fetch);
    this.fetches.delete(jobId);
    return job;
  }
}
