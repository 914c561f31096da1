import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, type Part, settlesWithin } from '@posthorn/core';
import type { Push } from './consume-events.js';
import type { ConsumerOptions } from './start-consumer.js';
import { intakeStream } from './names.js';
import { connectForConsuming, type RedisClient, untilConnected } from './redis.js';

export interface IntakeOptions extends Omit<ConsumerOptions, 'concurrency'> {
  /** Idle time after which the unfinished entries of another producer are claimed, in milliseconds. */
  claimAfterMs?: number;
}

const GROUP = 'producers';
const BLOCK_MS = 1000;
const BATCH = 200;
const CLAIM_AFTER_MS = 30_000;

/** Time beyond BLOCK_MS after which a read without a reply fails, in milliseconds. */
const REPLY_TIMEOUT_MS = 10_000;
const ERROR_DELAY_MS = 500;

type Entry = [id: string, fields: string[] | null];

/**
 * Ingests pushes from the Redis stream until stopped. Uses a consumer group: each entry goes to one producer, and other
 * producers claim the entries of one that dies. An entry is deleted when `ingest` resolves.
 * @throws Error with a one-line message when Redis is unavailable
 */
export async function consumeIntake(
  options: IntakeOptions,
  ingest: (push: Push) => Promise<void>,
): Promise<Part> {
  const redis = connectForConsuming(options);
  await untilConnected(redis, options.redisUrl);
  const blocking = connectForConsuming(options, { commandTimeout: BLOCK_MS + REPLY_TIMEOUT_MS });
  const intake = new Intake({ redis, blocking, ...options });
  const state = { stopping: false };

  async function run(): Promise<void> {
    while (!state.stopping) {
      try {
        const entries = await intake.read();
        const results = await Promise.allSettled(entries.map((entry) => ingest(intake.toPush(entry))));
        await intake.remove(entries.filter((_entry, index) => results[index]?.status === 'fulfilled'));
        const failed = results.find((result) => result.status === 'rejected');
        if (failed) throw failed.reason;
      } catch (error) {
        if (state.stopping) return;
        intake.recreateGroup();
        if (error instanceof Error && !/NOGROUP|UNBLOCKED/.test(error.message)) options.onError(error);
        await sleep(ERROR_DELAY_MS);
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

interface IntakeDeps extends Pick<IntakeOptions, 'prefix' | 'claimAfterMs'> {
  redis: RedisClient;
  blocking: RedisClient;
}

/** One consumer of the stream. */
class Intake {
  readonly #redis: RedisClient;
  /** A separate connection for blocking reads. */
  readonly #blocking: RedisClient;
  readonly #stream: string;
  readonly #claimAfterMs: number;
  readonly #name = `${process.pid}-${Date.now()}`;
  #nextClaimAt = 0;

  constructor({ redis, blocking, prefix, claimAfterMs = CLAIM_AFTER_MS }: IntakeDeps) {
    this.#redis = redis;
    this.#blocking = blocking;
    this.#stream = intakeStream(prefix);
    this.#claimAfterMs = claimAfterMs;
  }

  /** Returns the next entries: unfinished entries of dead producers first, then new ones. */
  async read(): Promise<Entry[]> {
    if (Date.now() >= this.#nextClaimAt) {
      await this.#createGroup();
      const stale = await this.#claim();
      if (stale.length > 0) return stale;
      this.#nextClaimAt = Date.now() + this.#claimAfterMs;
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

  async remove(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const ids = entries.map(([id]) => id);
    await this.#redis
      .multi()
      .xack(this.#stream, GROUP, ...ids)
      .xdel(this.#stream, ...ids)
      .exec();
  }

  /** Makes the next read recreate the stream and its group. A FLUSHALL deletes both. */
  recreateGroup(): void {
    this.#nextClaimAt = 0;
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

  async #claim(): Promise<Entry[]> {
    const reply = await this.#redis.xautoclaim(
      ...([this.#stream, GROUP, this.#name, this.#claimAfterMs, '0', 'COUNT', BATCH] as const),
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client leaves the reply untyped
    const entries = reply[1] as (Entry | null)[];
    // Redis 6.2 returns null for an entry that has been deleted.
    return entries.filter((entry) => entry !== null);
  }
}

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index < fields.length; index += 2) yield [fields[index] ?? '', fields[index + 1] ?? ''];
}
