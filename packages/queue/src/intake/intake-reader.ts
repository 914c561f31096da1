import type { Redis } from 'ioredis';
import { type Push, rejectHarmful, rejectLarge } from './push.js';
import {
  CLAIM_STALE,
  FAR_AHEAD_MS,
  GROUP,
  PREPARE_STREAM,
  READ_NEW,
  RELEASE,
  RENEW,
} from './intake-scripts.js';
import { intakeGenerationKey, intakeStream } from '../redis/names.js';
import type { RedisClient } from '../redis/redis.js';

/** An entry of the stream, or its first bytes if it is too large. */
export interface Entry {
  id: string;
  /** When the stream was last recreated; null if never. An id is unique within a generation. */
  generation: string | null;
  bytes: number;
  /** Number of consumers that read the entry before. */
  deliveries: number;
  /** Alternating names and values. */
  fields: string[];
}

interface IntakeCommands {
  readNew(stream: string, generation: string, consumer: string): Promise<EntryReply[]>;
  claimStale(stream: string, generation: string, consumer: string, idleMs: number): Promise<EntryReply[]>;
  renewEntries(stream: string, consumer: string, ...ids: string[]): Promise<void>;
  releaseEntries(stream: string, consumer: string, idleMs: number, ...ids: string[]): Promise<void>;
  prepareStream(stream: string, generation: string, idleMs: number): Promise<number>;
}

/** An entry as the scripts return it. */
export type EntryReply = [
  id: string,
  bytes: number,
  deliveries: number,
  fields: string[],
  generation: string | null,
];

/** One consumer of the stream. What it reads at a time is bounded in number and size. */
export class IntakeReader {
  readonly #redis: RedisClient & IntakeCommands;
  readonly #stream: string;
  readonly #generationKey: string;
  readonly #name = `${process.pid}-${Date.now()}`;

  constructor(redis: RedisClient, prefix: string) {
    const client: Pick<Redis, 'defineCommand'> = redis;
    client.defineCommand('readNew', { numberOfKeys: 2, lua: READ_NEW });
    client.defineCommand('claimStale', { numberOfKeys: 2, lua: CLAIM_STALE });
    client.defineCommand('renewEntries', { numberOfKeys: 1, lua: RENEW });
    client.defineCommand('releaseEntries', { numberOfKeys: 1, lua: RELEASE });
    client.defineCommand('prepareStream', { numberOfKeys: 2, lua: PREPARE_STREAM });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
    this.#redis = redis as RedisClient & IntakeCommands;
    this.#stream = intakeStream(prefix);
    this.#generationKey = intakeGenerationKey(prefix);
  }

  /**
   * Creates the stream if it does not exist, and deletes consumers that have been idle for `idleMs` and have no entries. Returns
   * whether the stream was recreated, because its ids were far in the future.
   */
  async prepare(idleMs: number): Promise<boolean> {
    return (await this.#redis.prepareStream(this.#stream, this.#generationKey, idleMs)) === 1;
  }

  /** Returns the entries that no consumer has read. */
  async readNew(): Promise<Entry[]> {
    return (await this.#redis.readNew(this.#stream, this.#generationKey, this.#name)).map(toEntry);
  }

  /** Returns entries that consumers have read at least `idleMs` ago and not removed: they are dead. */
  async claimStale(idleMs: number): Promise<Entry[]> {
    return (await this.#redis.claimStale(this.#stream, this.#generationKey, this.#name, idleMs)).map(toEntry);
  }

  /** Keeps other consumers from claiming entries that this one is still ingesting. */
  async renew(entries: readonly Entry[]): Promise<void> {
    await this.#redis.renewEntries(this.#stream, this.#name, ...entries.map(({ id }) => id));
  }

  async remove(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const ids = entries.map(({ id }) => id);
    await this.#redis
      .multi()
      .xack(this.#stream, GROUP, ...ids)
      .xdel(this.#stream, ...ids)
      .exec();
  }

  /**
   * Returns entries that were not ingested, although this process is alive, as if they had been read once. They can be claimed
   * once they are idle, which they have been for `idleMs`.
   */
  async release(entries: readonly Entry[], idleMs: number): Promise<void> {
    if (entries.length === 0) return;
    const ids = entries.map(({ id }) => id);
    await this.#redis.releaseEntries(this.#stream, this.#name, idleMs, ...ids);
  }

  /** Returns the push of an entry. */
  toPush(entry: Entry): Push {
    return pushOfEntry(this.#stream, entry);
  }
}

/** Returns the push of an entry of a stream. */
export function pushOfEntry(stream: string, { id, generation, bytes, deliveries, fields }: Entry): Push {
  const { type, ...payload } = Object.fromEntries(pairs(fields));
  const rejection = rejectLarge(bytes) ?? rejectHarmful(deliveries);
  return {
    source: 'stream',
    id: [stream, ...(generation === null ? [] : [generation]), id].join(':'),
    pushedAt: timeOf(id),
    type,
    payload,
    ...(rejection && { rejection }),
  };
}

/** The latest time that a Date can represent. */
const MAX_TIME_MS = 8.64e15;

/** Returns the time in the id of an entry. A client may have set any number of 64 bits. */
function timeOf(entryId: string): Date {
  return new Date(Math.min(Number(entryId.split('-')[0]), MAX_TIME_MS));
}

/** Returns whether the id of an entry cannot be explained by clocks that differ. */
export function isFarAhead({ id }: Entry): boolean {
  return timeOf(id).getTime() > Date.now() + FAR_AHEAD_MS;
}

export function toEntry([id, bytes, deliveries, fields, generation]: EntryReply): Entry {
  return { id, generation, bytes, deliveries, fields };
}

function* pairs(fields: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index < fields.length; index += 2) yield [fields[index] ?? '', fields[index + 1] ?? ''];
}
