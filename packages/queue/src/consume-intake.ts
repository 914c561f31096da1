import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Part, settlesWithin } from '@posthorn/core';
import type { Push } from './consume-events.js';
import type { ConsumerOptions } from './start-consumer.js';
import { intakeStream } from './names.js';
import { connectForConsuming, type RedisClient, untilConnected } from './redis.js';

export interface IntakeOptions extends Omit<ConsumerOptions, 'concurrency'> {
  /** What another producer read and did not finish for this long is taken over, in milliseconds. */
  takeOverMs?: number;
}

const GROUP = 'producers';
const BLOCK_MS = 1000;
const BATCH = 200;
const TAKE_OVER_MS = 30_000;

/** A Redis that says nothing for this long is taken for gone, and connected to anew. */
const SILENCE_MS = 10_000;
const PAUSE_AFTER_ERROR_MS = 500;

type Entry = [id: string, fields: string[] | null];

/**
 * Takes events off the Redis stream until stopped, through a consumer group, so that each entry goes to one producer
 * and none is lost with a producer that dies. Entries are deleted once taken.
 * @throws Error with one clear line when Redis cannot be reached
 */
export async function consumeIntake(
  options: IntakeOptions,
  take: (push: Push) => Promise<void>,
): Promise<Part> {
  const redis = connectForConsuming(options);
  await untilConnected(redis, options.redisUrl);
  const blocking = connectForConsuming(options, { commandTimeout: BLOCK_MS + SILENCE_MS });
  const intake = new Intake({ redis, blocking, ...options });
  const state = { stopping: false };

  async function run(): Promise<void> {
    while (!state.stopping) {
      try {
        const entries = await intake.read();
        const taken = await Promise.allSettled(entries.map((entry) => take(intake.toPush(entry))));
        await intake.forget(entries.filter((_entry, index) => taken[index]?.status === 'fulfilled'));
        const failed = taken.find((result) => result.status === 'rejected');
        if (failed) throw failed.reason;
      } catch (error) {
        if (state.stopping) return;
        intake.prepareAgain();
        if (error instanceof Error && !/NOGROUP|UNBLOCKED/.test(error.message)) options.onError(error);
        await sleep(PAUSE_AFTER_ERROR_MS);
      }
    }
  }

  const running = run();
  return {
    async stop(deadline: Deadline) {
      state.stopping = true;
      await settlesWithin(running, deadline.remainingMs);
      intake.close();
    },
  };
}

interface IntakeParts extends Pick<IntakeOptions, 'prefix' | 'takeOverMs'> {
  redis: RedisClient;
  blocking: RedisClient;
}

/** The stream and its consumer group, as one consumer sees them. */
class Intake {
  readonly #redis: RedisClient;
  /** A connection of its own: it spends its time waiting. */
  readonly #blocking: RedisClient;
  readonly #stream: string;
  readonly #takeOverMs: number;
  readonly #name = `${process.pid}-${Date.now()}`;
  #nextTakeOverAt = 0;

  constructor({ redis, blocking, prefix, takeOverMs = TAKE_OVER_MS }: IntakeParts) {
    this.#redis = redis;
    this.#blocking = blocking;
    this.#stream = intakeStream(prefix);
    this.#takeOverMs = takeOverMs;
  }

  /** The next entries: first what a dead producer has left, then what is new. */
  async read(): Promise<Entry[]> {
    if (Date.now() >= this.#nextTakeOverAt) {
      await this.#createGroup();
      const stale = await this.#takeOver();
      if (stale.length > 0) return stale;
      this.#nextTakeOverAt = Date.now() + this.#takeOverMs;
    }
    const reply = await this.#blocking.xreadgroup(
      ...([
        'GROUP',
        GROUP,
        this.#name,
        'COUNT',
        BATCH,
        'BLOCK',
        BLOCK_MS,
        'STREAMS',
        this.#stream,
        '>',
      ] as const),
    );
    return reply?.[0]?.[1] ?? [];
  }

  toPush([id, fields]: Entry): Push {
    const { type, ...payload } = Object.fromEntries(pairs(fields ?? []));
    const pushedAt = new Date(Number(id.split('-')[0]));
    return { source: 'stream', id: `${this.#stream}:${id}`, pushedAt, type, payload };
  }

  async forget(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const ids = entries.map(([id]) => id);
    await this.#redis
      .multi()
      .xack(this.#stream, GROUP, ...ids)
      .xdel(this.#stream, ...ids)
      .exec();
  }

  /** Stream and group are gone after a FLUSHALL: the next read makes them again. */
  prepareAgain(): void {
    this.#nextTakeOverAt = 0;
  }

  close(): void {
    this.#blocking.disconnect();
    this.#redis.disconnect();
  }

  async #createGroup(): Promise<void> {
    try {
      await this.#redis.xgroup('CREATE', this.#stream, GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!String(error).includes('BUSYGROUP')) throw error;
    }
  }

  async #takeOver(): Promise<Entry[]> {
    const reply = await this.#redis.xautoclaim(
      ...([this.#stream, GROUP, this.#name, this.#takeOverMs, '0', 'COUNT', BATCH] as const),
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client leaves the reply untyped
    const entries = reply[1] as (Entry | null)[];
    // Redis 6.2 answers nothing for an entry that was deleted meanwhile.
    return entries.filter((entry) => entry !== null);
  }
}

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index < fields.length; index += 2) yield [fields[index] ?? '', fields[index + 1] ?? ''];
}
