import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import { type DelayedEntries, openDelayedEntries } from './delayed-entries.js';
import type { Doorbell } from '../wake/doorbell.js';
import { type Entry, IntakeReader, isFarAhead } from './intake-reader.js';
import { intakeStream } from '../redis/names.js';
import type { Push } from './push.js';
import { connectForConsuming, type RedisClient, untilConnected } from '../redis/redis.js';
import { type ConsumerOptions, RetryLater } from '../bullmq/start-consumer.js';
import { WakeableSleep } from '../wake/wakeable-sleep.js';

interface IntakeOptions extends Omit<ConsumerOptions, 'concurrency'> {
  /** Idle time after which the unfinished entries of another producer are claimed, in milliseconds. */
  claimAfterMs?: number;
  doorbell: Pick<Doorbell, 'on'>;
}

const CLAIM_AFTER_MS = 30_000;
const ERROR_DELAY_MS = 500;

/** Bounds of the pause between two reads, in milliseconds. */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 25;

/** Time without entries after which the doorbell ends the pause, and the longest such pause, in milliseconds. */
const IDLE_AFTER_MS = 3000;
const MAX_IDLE_PAUSE_MS = 30_000;

/** Timeout for releasing entries at the end: Redis may be unavailable. */
const RELEASE_TIMEOUT_MS = 1000;

/**
 * Ingests pushes from the Redis stream until stopped. Uses a consumer group: each entry goes to one producer, and other
 * producers claim the entries of one that dies. An entry is deleted when `ingest` resolves. If it rejects with `RetryLater`, the
 * entry moves to the BullMQ queue as a delayed job, so that those behind it do not wait.
 * @throws Error with a one-line message when Redis is unavailable
 */
export async function consumeIntake(
  options: IntakeOptions,
  ingest: (push: Push) => Promise<void>,
): Promise<Part> {
  const redis = connectForConsuming(options);
  await untilConnected(redis, options.redisUrl);
  return new IntakeConsumer(redis, {
    ...options,
    claimAfterMs: options.claimAfterMs ?? CLAIM_AFTER_MS,
    ingest,
  });
}

interface IntakeDeps extends IntakeOptions {
  claimAfterMs: number;
  ingest: (push: Push) => Promise<void>;
}

class IntakeConsumer implements Part {
  readonly #redis: RedisClient;
  readonly #deps: IntakeDeps;
  readonly #stream: string;
  readonly #reader: IntakeReader;
  readonly #delayedEntries: DelayedEntries;
  readonly #idlePause = new WakeableSleep();
  readonly #running: Promise<void>;
  #isStopping = false;
  #inProgress: readonly Entry[] = [];
  #renewal: NodeJS.Timeout | undefined;
  #nextClaimAt = 0;
  #lastEntryAt = performance.now();

  constructor(redis: RedisClient, deps: IntakeDeps) {
    this.#redis = redis;
    this.#deps = deps;
    this.#stream = intakeStream(deps.prefix);
    this.#reader = new IntakeReader(redis, deps.prefix);
    this.#delayedEntries = openDelayedEntries(redis, deps.prefix);
    deps.doorbell.on(this.#stream, () => this.#idlePause.wake());
    this.#running = this.#run();
  }

  readonly stop = stopOnce(async (deadline: Deadline) => {
    this.#isStopping = true;
    this.#idlePause.wake();
    if (!(await settlesWithin(this.#running, deadline.remainingMs))) {
      clearInterval(this.#renewal);
      const released = this.#reader.release(this.#inProgress, this.#deps.claimAfterMs);
      await settlesWithin(released, RELEASE_TIMEOUT_MS).catch(this.#deps.onError);
    }
    this.#redis.disconnect();
  });

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        const entries = await this.#read();
        if (entries.length === 0) {
          await this.#pause(performance.now() - this.#lastEntryAt);
          continue;
        }
        this.#lastEntryAt = performance.now();
        await this.#ingestAll(entries);
      } catch (error) {
        if (this.#isStopping) return;
        // Recreates the stream and its group, which a FLUSHALL deletes.
        this.#nextClaimAt = 0;
        if (error instanceof Error && !error.message.includes('NOGROUP')) this.#deps.onError(error);
        await sleep(ERROR_DELAY_MS);
      }
    }
  }

  /** Returns the next entries: unfinished entries of dead producers first, then new ones. */
  async #read(): Promise<Entry[]> {
    const { claimAfterMs, onError } = this.#deps;
    if (performance.now() >= this.#nextClaimAt) {
      if (await this.#reader.prepare(claimAfterMs)) {
        onError(
          new Error(`recreated the stream ${this.#stream}: a publisher had set an id far in the future`),
        );
      }
      const stale = await this.#reader.claimStale(claimAfterMs);
      if (stale.length > 0) return stale;
      this.#nextClaimAt = performance.now() + claimAfterMs;
    }
    return this.#reader.readNew();
  }

  async #pause(idleMs: number): Promise<void> {
    if (idleMs < IDLE_AFTER_MS) return sleep(pauseMs(idleMs));
    // Unfinished entries of dead producers are looked for in time.
    const untilClaimMs = Math.max(this.#nextClaimAt - performance.now(), 0);
    await this.#idlePause.sleep(Math.min(MAX_IDLE_PAUSE_MS, untilClaimMs));
  }

  async #ingestAll(entries: readonly Entry[]): Promise<void> {
    const { claimAfterMs, onError } = this.#deps;
    this.#inProgress = entries;
    // While PostgreSQL is unavailable, that may take longer than the time after which others claim them.
    this.#renewal = setInterval(() => void this.#reader.renew(entries).catch(onError), claimAfterMs / 3);
    const results = await Promise.allSettled(entries.map((entry) => this.#ingest(entry)));
    clearInterval(this.#renewal);
    const having = (status: 'fulfilled' | 'rejected') =>
      entries.filter((_entry, index) => results[index]?.status === status);
    await this.#reader.remove(having('fulfilled'));
    await this.#reader.release(having('rejected'), 0);
    // The stream is recreated as soon as it is empty.
    if (entries.some(isFarAhead)) this.#nextClaimAt = 0;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #ingest(entry: Entry): Promise<void> {
    const push = this.#reader.toPush(entry);
    try {
      await this.#deps.ingest(push);
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error;
      await this.#delayedEntries.add(push, error.delayMs);
    }
  }
}

/** Returns the pause before the next read: a fraction of the time without entries. */
function pauseMs(idleMs: number): number {
  return Math.min(Math.max(idleMs / 4, MIN_PAUSE_MS), MAX_PAUSE_MS);
}
