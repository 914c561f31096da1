import { type Part, stopOnce } from '@posthorn/core';
import type { Redis } from 'ioredis';
import { connectForBlocking, onEachConnection, type RedisSettings, untilConnected } from '../redis/redis.js';
import { WakeableSleep } from './wakeable-sleep.js';

/**
 * Wakes parts of a process when an entry is added to a stream, so that they need not poll. A wake-up can be lost when Redis restarts:
 * the parts also look by themselves from time to time.
 */
export interface Doorbell extends Part {
  /**
   * Calls `wake` for each stream once, and again when entries are added. An entry that is added after a call leads to another one.
   * @param stream one of those that the doorbell was opened for
   */
  on(stream: string, wake: () => void): void;
  stop(): Promise<void>;
}

/** Longest duration of a read, in milliseconds. Shorter than the socket timeout. */
const BLOCK_MS = 10_000;

/** Bounds of the pause after a ring, in milliseconds. It doubles while rings follow each other closely. */
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 500;

/** A ring follows the previous one closely within this time, in milliseconds. */
const CLOSE_MS = 1000;

/** How long the ids of the last entries are used. A stream that is recreated can have lower ones. */
const IDS_VALID_MS = 60_000;

const ERROR_DELAY_MS = 1000;

/** Maximum size of a reply, in bytes. A publisher can add an entry of any size, of which no more is read. */
const MAX_REPLY_BYTES = 64 * 1024;

/** Returns the id of the last entry of each stream. */
const LAST_IDS = `
local ids = {}
for index, stream in ipairs(KEYS) do
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  ids[index] = last and last[1] or '0-0'
end
return ids
`;

interface LastIds {
  lastIds(count: number, ...streams: string[]): Promise<string[]>;
}

/**
 * Waits for entries of streams, on a connection of its own, until stopped.
 * @throws Error with a one-line message when Redis is unavailable
 */
export async function openDoorbell({
  streams,
  ...settings
}: RedisSettings & { streams: readonly string[] }): Promise<Doorbell> {
  const redis = connectForBlocking(settings);
  await untilConnected(redis, settings.redisUrl);
  const client: Pick<Redis, 'defineCommand'> = redis;
  client.defineCommand('lastIds', { lua: LAST_IDS });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  const blocking = redis as typeof redis & LastIds;
  const wakeUps = new Map(streams.map((stream) => [stream, new Set<() => void>()]));
  const seenIds = new Map<string, string>();
  const pause = new WakeableSleep();
  const state = { stopping: false, replyBytes: 0 };
  /** The last entry of each stream, and when it was read. */
  let last: { ids: string[]; readAtMs: number } | null = null;
  onEachConnection(redis, ({ stream }) => {
    stream.on('data', (data: Buffer) => {
      state.replyBytes += data.length;
      if (state.replyBytes > MAX_REPLY_BYTES) stream.destroy();
    });
  });

  function see(stream: string, lastId: string): void {
    if (seenIds.get(stream) === lastId) return;
    seenIds.set(stream, lastId);
    for (const wake of wakeUps.get(stream) ?? []) wake();
  }

  /** Reads the last entry of each stream. One that is added later ends the read that follows. */
  async function readLast() {
    if (last && performance.now() - last.readAtMs < IDS_VALID_MS) return last;
    const ids = await blocking.lastIds(streams.length, ...streams);
    for (const [index, stream] of streams.entries()) see(stream, ids[index] ?? '');
    last = { ids, readAtMs: performance.now() };
    return last;
  }

  /** Waits until an entry is added to a stream. Returns false after the longest duration of a read. */
  async function waitForRing(): Promise<boolean> {
    state.replyBytes = 0;
    const { ids } = await readLast();
    const reply = await blocking.xread('COUNT', 1, 'BLOCK', BLOCK_MS, 'STREAMS', ...streams, ...ids);
    if (reply === null) return false;
    last = null;
    for (const [stream, entries] of reply) see(stream, entries[0]?.[0] ?? '');
    return true;
  }

  async function run(): Promise<void> {
    let pauseMs = 0;
    while (!state.stopping) {
      try {
        const startedAtMs = performance.now();
        const isRung = await waitForRing();
        const isClose = isRung && performance.now() - startedAtMs < CLOSE_MS;
        pauseMs = isClose ? Math.min(Math.max(pauseMs * 2, MIN_PAUSE_MS), MAX_PAUSE_MS) : 0;
      } catch {
        // Redis is unavailable, which other parts report, or an entry is too large: all parts must look.
        seenIds.clear();
        last = null;
        pauseMs = ERROR_DELAY_MS;
      }
      if (pauseMs > 0 && !state.stopping) await pause.sleep(pauseMs);
    }
  }

  const running = run();
  return {
    on: (stream, wake) => void wakeUps.get(stream)?.add(wake),
    stop: stopOnce(async () => {
      state.stopping = true;
      pause.wake();
      redis.disconnect();
      await running;
    }),
  };
}
