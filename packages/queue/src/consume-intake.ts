import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Part, settlesWithin, stopOnce } from '@posthorn/core';
import { openDelayedEntries } from './delayed-entries.js';
import type { Doorbell } from './doorbell.js';
import { type Entry, IntakeReader, isFarAhead } from './intake-reader.js';
import { intakeStream } from './names.js';
import type { Push } from './push.js';
import { connectForConsuming, untilConnected } from './redis.js';
import { type ConsumerOptions, RetryLater } from './bullmq/start-consumer.js';
import { WakeableSleep } from './wakeable-sleep.js';

export interface IntakeOptions extends Omit<ConsumerOptions, 'concurrency'> {
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
  { claimAfterMs = CLAIM_AFTER_MS, doorbell, ...options }: IntakeOptions,
  ingest: (push: Push) => Promise<void>,
): Promise<Part> {
  const redis = connectForConsuming(options);
  await untilConnected(redis, options.redisUrl);
  const stream = intakeStream(options.prefix);
  const reader = new IntakeReader(redis, options.prefix);
  const delayedEntries = openDelayedEntries(redis, options.prefix);
  const state = { stopping: false };
  let inProgress: readonly Entry[] = [];
  let renewal: NodeJS.Timeout | undefined;
  let nextClaimAt = 0;
  let lastEntryAt = performance.now();
  const idlePause = new WakeableSleep();
  doorbell.on(stream, () => idlePause.wake());

  /** Returns the next entries: unfinished entries of dead producers first, then new ones. */
  async function read(): Promise<Entry[]> {
    if (performance.now() >= nextClaimAt) {
      if (await reader.prepare(claimAfterMs)) {
        options.onError(
          new Error(`recreated the stream ${stream}: a publisher had set an id far in the future`),
        );
      }
      const stale = await reader.claimStale(claimAfterMs);
      if (stale.length > 0) return stale;
      nextClaimAt = performance.now() + claimAfterMs;
    }
    return reader.readNew();
  }

  async function ingestEntry(entry: Entry): Promise<void> {
    const push = reader.toPush(entry);
    try {
      await ingest(push);
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error;
      await delayedEntries.add(push, error.delayMs);
    }
  }

  async function ingestAll(entries: readonly Entry[]): Promise<void> {
    inProgress = entries;
    // While PostgreSQL is unavailable, that may take longer than the time after which others claim them.
    renewal = setInterval(() => void reader.renew(entries).catch(options.onError), claimAfterMs / 3);
    const results = await Promise.allSettled(entries.map(ingestEntry));
    clearInterval(renewal);
    const having = (status: 'fulfilled' | 'rejected') =>
      entries.filter((_entry, index) => results[index]?.status === status);
    await reader.remove(having('fulfilled'));
    await reader.release(having('rejected'), 0);
    // The stream is recreated as soon as it is empty.
    if (entries.some(isFarAhead)) nextClaimAt = 0;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async function run(): Promise<void> {
    while (!state.stopping) {
      try {
        const entries = await read();
        if (entries.length === 0) {
          await pause(performance.now() - lastEntryAt);
          continue;
        }
        lastEntryAt = performance.now();
        await ingestAll(entries);
      } catch (error) {
        if (state.stopping) return;
        // Recreates the stream and its group, which a FLUSHALL deletes.
        nextClaimAt = 0;
        if (error instanceof Error && !error.message.includes('NOGROUP')) options.onError(error);
        await sleep(ERROR_DELAY_MS);
      }
    }
  }

  async function pause(idleMs: number): Promise<void> {
    if (idleMs < IDLE_AFTER_MS) return sleep(pauseMs(idleMs));
    // Unfinished entries of dead producers are looked for in time.
    await idlePause.sleep(Math.min(MAX_IDLE_PAUSE_MS, Math.max(nextClaimAt - performance.now(), 0)));
  }

  const running = run();
  return {
    stop: stopOnce(async (deadline: Deadline) => {
      state.stopping = true;
      idlePause.wake();
      if (!(await settlesWithin(running, deadline.remainingMs))) {
        clearInterval(renewal);
        const released = reader.release(inProgress, claimAfterMs);
        await settlesWithin(released, RELEASE_TIMEOUT_MS).catch(options.onError);
      }
      redis.disconnect();
    }),
  };
}

/** Returns the pause before the next read: a fraction of the time without entries. */
function pauseMs(idleMs: number): number {
  return Math.min(Math.max(idleMs / 4, MIN_PAUSE_MS), MAX_PAUSE_MS);
}
