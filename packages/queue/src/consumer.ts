import { type Deadline, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import { type AsyncFifoQueue, type Job, type JobJson, Worker } from 'bullmq';
import { connectForConsuming, type RedisSettings, untilConnected } from './redis.js';

export interface ConsumerOptions extends RedisSettings {
  /** Jobs in flight at the same time in this process. */
  concurrency: number;
  onError: (error: Error) => void;
}

export interface JobConsumer extends Part {
  /** Sets how many jobs are in flight at the same time. Those in flight already go on. */
  limit(concurrency: number): void;
}

/** Tells BullMQ to run the same job again later. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly delayMs: number;

  constructor(delayMs: number) {
    super('later');
    this.delayMs = delayMs;
  }
}

/** A fault of ours in a job, such as a bug: tried again after this long. */
const FAULT_DELAY_MS = 5000;

/** What a stopping process could not finish is run by another after this long, in milliseconds. */
const ABANDONED_DELAY_MS = 1000;

/** What a stopping process has not begun. */
const NOT_BEGUN_DELAY_MS = 1;

/** How long handing over may take: Redis may be away. */
const HAND_OVER_MS = 1000;

/** What a killed worker held is free again after this long, in milliseconds. */
const LOCK_DURATION_MS = 15_000;
const STALLED_INTERVAL_MS = 5000;

/** Jobs that are fetched at the same time: more could have gone to another worker. */
const MOST_AT_ONCE = 16;

/** A job goes on being retried for as long as PostgreSQL has it pending: the count that ends it is kept there. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

const OWN_OPTIONS = { attempts: UNLIMITED, backoff: { type: 'posthorn' }, stackTraceLimit: 0 };

/**
 * Reads the data of a job without trusting it, and sets the options that a job of ours is retried by: kept here, they
 * take no memory in Redis.
 */
class OwnWorker extends Worker {
  protected override createBackend(): void {
    super.createBackend();
    const { backend } = this;
    const execute = backend.execCommand.bind(backend);
    backend.execCommand = (...command) => {
      const reply: unknown = execute(...command);
      return reply instanceof Promise ? reply.then((answer) => this.mendJob(answer)) : reply;
    };
  }

  /**
   * A job that somebody wrote into Redis by hand may have anything in its fields. BullMQ would throw, here or at its end,
   * and leave it active with nobody working on it. A reply that hands over a job begins with its fields and its id.
   */
  private async mendJob(reply: unknown): Promise<unknown> {
    const [fields, jobId]: unknown[] = Array.isArray(reply) ? reply : [];
    if (!Array.isArray(fields) || typeof jobId !== 'string') return reply;
    const broken = takeUnreadable(fields);
    if (broken.length > 0) await (await this.backend.client).hdel(this.toKey(jobId), ...broken);
    return reply;
  }

  /** BullMQ fetches one job after the other. Those that wait behind the first come together here. */
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    const [job, waiting] = await Promise.all([super.moveToActive(token, name), this.countWaiting()]);
    if (job && !this.closing) this.fetchMore(Math.min(waiting, MOST_AT_ONCE), token);
    return job;
  }

  private async countWaiting(): Promise<number> {
    return (await this.backend.client).llen(this.toKey('wait'));
  }

  /** As many of them as the jobs in flight leave room for. */
  private fetchMore(count: number, token: string): void {
    const inFlight: AsyncFifoQueue<Job | void> = this['mainLoopQueue'];
    const room = this.concurrency - inFlight.numTotal();
    for (let more = Math.min(count, room); more > 0; more -= 1) {
      inFlight.add(
        super.moveToActive(`${token}:${more}`, this.opts.name).catch((error: Error) => {
          this.emit('error', error);
        }),
      );
    }
  }

  protected override createJob(data: JobJson, jobId: string): Job {
    const job = this.readJob(data, jobId);
    Object.assign(job.opts, OWN_OPTIONS);
    return job;
  }

  private readJob(data: JobJson, jobId: string): Job {
    try {
      return super.createJob(data, jobId);
    } catch {
      // Not JSON. As a plain string it is refused like any other malformed push, and kept.
      return super.createJob({ ...data, data: JSON.stringify(data.data) }, jobId);
    }
  }
}

const isCount = (text: string) => /^\d{1,9}$/.test(text);

/** The fields of a job that BullMQ itself reads, or counts in, and what they must be. */
const READABLE = new Map<unknown, (text: string) => boolean>([
  ['opts', isJsonObject],
  ['progress', (text) => parseJson(text) !== undefined],
  ['parent', isParent],
  ['atm', isCount],
  ['stc', isCount],
]);

/** Empties the fields that cannot be read, of names and values in turn, and answers their names. */
function takeUnreadable(fields: unknown[]): string[] {
  const names: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const isReadable = READABLE.get(fields[index]);
    if (!isReadable || isReadable(String(fields[index + 1]))) continue;
    names.push(String(fields[index]));
    fields[index + 1] = '';
  }
  return names;
}

/** The reference to the job of a flow that this one is a child of. */
function isParent(text: string): boolean {
  const parent = parseJson(text);
  return hasText(parent, 'id') && hasText(parent, 'queueKey');
}

function hasText(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'string';
}

function isJsonObject(text: string): boolean {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null;
}

/** Undefined when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface QueuesOptions extends ConsumerOptions {
  queueName: string;
  /** The queue is there once under each of them. */
  prefixes: string[];
}

/** Runs `process` for every job of a queue. @throws Error with one clear line when Redis cannot be reached */
export async function startConsumer(
  { queueName, prefixes, ...options }: QueuesOptions,
  process: (job: Job) => Promise<void>,
): Promise<JobConsumer> {
  const redis = connectForConsuming(options);
  await untilConnected(redis, options.redisUrl);
  // Jobs are spread evenly, and so are the places for them, with one for each at least.
  const share = (concurrency: number) => Math.ceil(concurrency / prefixes.length);
  const inFlight = new Set<() => void>();
  let stopping = false;
  const run = (job: Job): Promise<void> =>
    new Promise((resolve, reject) => {
      // BullMQ still hands over what it was fetching when it was closed.
      if (stopping) return reject(new RetryLater(NOT_BEGUN_DELAY_MS));
      const abandon = () => reject(new RetryLater(ABANDONED_DELAY_MS));
      inFlight.add(abandon);
      process(job)
        .then(resolve, reject)
        .finally(() => inFlight.delete(abandon));
    });
  const workers = prefixes.map((prefix) => {
    const worker = new OwnWorker(queueName, run, {
      connection: redis,
      prefix,
      concurrency: share(options.concurrency),
      lockDuration: LOCK_DURATION_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      // A job whose worker was killed is not at fault.
      maxStalledCount: UNLIMITED,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      runRetryDelay: 500,
      settings: {
        backoffStrategy: (_attempts, _type, error) =>
          error instanceof RetryLater ? error.delayMs : FAULT_DELAY_MS,
      },
    });
    worker.on('error', options.onError);
    worker.on('failed', (_job, error) => {
      if (!(error instanceof RetryLater)) options.onError(error);
    });
    return worker;
  });

  return {
    limit(concurrency) {
      for (const worker of workers) worker.concurrency = share(concurrency);
    },
    stop: stopOnce(async (deadline: Deadline) => {
      stopping = true;
      const closed = Promise.all(workers.map((worker) => worker.close()));
      if (!(await settlesWithin(closed, deadline.remainingMs))) {
        // The workers wait for their jobs without end: those still in flight are handed to other processes.
        for (const abandon of inFlight) abandon();
        await settlesWithin(closed, HAND_OVER_MS);
      }
      redis.disconnect();
    }),
  };
}
