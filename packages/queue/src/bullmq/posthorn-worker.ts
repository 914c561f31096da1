import { setTimeout as sleep } from 'node:timers/promises';
import { type AsyncFifoQueue, type Job, type JobJson, Worker } from 'bullmq';
import type { RedisClient } from '../redis/redis.js';
import { lengthsIn } from './fetch-scripts.js';
import { FETCHED_FROM, checkIdleQueueOnce } from './idle-queue.js';
import { repairJob } from './repair-job.js';
import { ADD_RUNNING } from './add-running-script.js';

/** Maximum number of jobs fetched at a time. A higher number would keep jobs from idle workers. */
const MAX_FETCH = 16;

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

/** A job that no worker has fetched, as BullMQ would read it. */
const NEW_JOB = {
  name: 'deliver',
  data: '{}',
  opts: {},
  delay: 0,
  priority: 0,
  progress: 0,
  attemptsMade: 0,
  attemptsStarted: 1,
  stalledCounter: 0,
  failedReason: '',
  returnvalue: '',
};

/** Sets the priority of a job while its lock is ours. A write to a job that was lost would create it again, in no list. */
const SET_PRIORITY = `
if redis.call('GET', KEYS[2]) == ARGV[1] and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'priority', ARGV[2])
end
`;

interface Commands {
  setPriority(jobKey: string, lockKey: string, token: string, priority: number): Promise<null>;
  addRunning(...keysAndArguments: (string | number)[]): Promise<number>;
}

/**
 * Extends BullMQ's worker: it fetches waiting jobs in parallel and does not look for more when none waits, adds jobs that this process runs
 * already, tolerates jobs with malformed fields, sets the options of each job itself, limits every wait, and
 * starts further jobs as soon as its concurrency is raised.
 */
export class PosthornWorker extends Worker {
  /** The number of jobs that waited after the last one was fetched. */
  private waitingJobs = 0;
  /** The number of delayed jobs when the last one was fetched. */
  delayedJobs = 0;
  /** The jobs in progress that were not fetched, and the calls that add them. */
  private readonly runningHere = new Set<Promise<unknown>>();

  protected override createBackend(): void {
    super.createBackend();
    this.redis.defineCommand('setPriority', { numberOfKeys: 2, lua: SET_PRIORITY });
    this.redis.defineCommand('addRunning', ADD_RUNNING);
    this.awaitRunningHere();
    const { backend } = this;
    const execute = backend.execCommand.bind(backend);
    backend.execCommand = (client, name, args) => {
      const reply: unknown = execute(client, name, args);
      return reply instanceof Promise ? reply.then((value) => this.repairReply(value)) : reply;
    };
    const { lockDuration = 0, stalledInterval = 1 } = this.opts;
    checkIdleQueueOnce(
      backend,
      (...names) => this.hasAny(...names),
      Math.floor(lockDuration / stalledInterval) - 1,
    );
  }

  /**
   * Repairs a job that a publisher wrote directly into Redis with malformed fields. Otherwise BullMQ would throw when it fetches
   * or finishes the job, and the job would stay active without a worker. A reply with a job starts with its fields and id.
   */
  private repairReply(reply: unknown): unknown {
    if (!Array.isArray(reply)) return reply;
    const [fields, jobId]: unknown[] = reply;
    if (!Array.isArray(fields) || typeof jobId !== 'string') return reply;
    ({ waiting: this.waitingJobs, delayed: this.delayedJobs } = lengthsIn(reply));
    const cleared = repairJob(fields);
    if (cleared.length === 0) return reply;
    return this.backend.client.then((redis) => redis.hdel(this.toKey(jobId), ...cleared)).then(() => reply);
  }

  /** BullMQ fetches one job at a time. This override also fetches further waiting jobs, in parallel, and pauses after a failure. */
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    try {
      const job = await super.moveToActive(token, name);
      if (job && !this.closing) this.fetchMore(Math.min(this.waitingJobs, MAX_FETCH), token);
      return job;
    } catch (error) {
      await sleep(ERROR_DELAY_MS);
      throw error;
    }
  }

  /** BullMQ fetches again after each job, to find out that none waits. With this override it waits for the next one at once. */
  protected override async nextJobFromJobData(
    ...fetched: Parameters<Worker['nextJobFromJobData']>
  ): Promise<Job> {
    const job = await super.nextJobFromJobData(...fetched);
    if (job && this.waitingJobs === 0) this['drained'] = true;
    return job;
  }

  /** When a job ends, BullMQ fetches the next one in the same call. With this override it does not while the worker waits for one. */
  override processJob(job: Job, token: string, canFetch = () => true): Promise<void | Job> {
    return super.processJob(job, token, () => canFetch() && !this['waiting']);
  }

  /** Whether jobs waited when the last one was fetched, or none are fetched now. */
  get hasBacklog(): boolean {
    return this.waitingJobs > 0 || !this.canAddRunning;
  }

  /** The commands of this client wait while Redis is unavailable. */
  private get canAddRunning(): boolean {
    return !this.closing && !this.paused && this.redis.status === 'ready';
  }

  /**
   * Adds a job that this process runs, and runs it beside those that the worker fetches. Returns false if the job exists.
   * @param otherQueues queues of the same prefix that must not have the job
   */
  async addRunning(jobId: string, otherQueues: readonly string[]): Promise<boolean> {
    return this.canAddRunning && this.endBeforeClose(this.addAndRun(jobId, otherQueues));
  }

  private async addAndRun(jobId: string, otherQueues: readonly string[]): Promise<boolean> {
    const keys = otherQueues.map((name) => `${this.opts.prefix}:${name}:${jobId}`);
    const { lockDuration = 0 } = this.opts;
    const [now, calledAtMs] = [Date.now(), performance.now()];
    const isAdded = await this.redis.addRunning(
      keys.length + 2,
      this.toKey('active'),
      this.toKey(jobId),
      ...keys,
      jobId,
      now,
      this.id,
      lockDuration,
    );
    // Later, another worker may have found the lock expired. Then the job runs there.
    if (isAdded === 0 || performance.now() - calledAtMs > lockDuration / 2) return false;
    void this.endBeforeClose(this.runHere(jobId, now));
    return true;
  }

  private async runHere(jobId: string, now: number): Promise<void> {
    const job = this.createJob({ ...NEW_JOB, id: jobId, timestamp: now, processedOn: now }, jobId);
    job.token = this.id;
    try {
      await this.processJob(job, this.id, () => false);
    } catch (error) {
      this.emit('error', error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Makes `close` wait for work of this process. */
  private endBeforeClose<T>(work: Promise<T>): Promise<T> {
    const ended = work.finally(() => this.runningHere.delete(ended));
    this.runningHere.add(ended);
    return ended;
  }

  /** BullMQ waits for the jobs that it fetched. With this it also waits for the others, while their locks are still renewed. */
  private awaitRunningHere(): void {
    const fetchedJobsFinished = this['whenCurrentJobsFinished'].bind(this);
    this['whenCurrentJobsFinished'] = async (reconnect?: boolean) => {
      await fetchedJobsFinished(reconnect);
      while (this.runningHere.size > 0) await Promise.allSettled(this.runningHere);
    };
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

  private get redis(): RedisClient & Commands {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- passed by startConsumer; BullMQ's type lacks commands
    return this.opts.connection as RedisClient & Commands;
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
    return job;
  }
}
