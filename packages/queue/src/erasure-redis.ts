import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '@posthorn/core';
import { Queue } from 'bullmq';
import { Cluster, type Redis } from 'ioredis';
import { scheduledAt } from './consume-events.js';
import { delayedEntry, isDelayedEntry, parseObject } from './delayed-entries.js';
import { EVENTS_QUEUE, intakeStream } from './names.js';
import { connectForCommands, type RedisClient, type RedisSettings, untilConnected } from './redis.js';
import { pushPrefixes } from './shards.js';

/** What erasures need of Redis. */
export interface ErasureRedis extends Part {
  /** Returns whether a push from before a time is not stored yet. */
  hasPushesBefore(time: Date): Promise<boolean>;
  /**
   * Has each server rewrite its append-only file, and waits until it has. Returns how many have done so: none without such a file, or if the
   * Redis user may not run INFO and BGREWRITEAOF.
   */
  rewriteFiles(): Promise<number>;
}

const PAGE = 1000;

/** Jobs read of each state of the queue. With more, some are taken for old. */
const MAX_JOBS = 100_000;

const POLL_MS = 200;
const MAX_REWRITE_MS = 600_000;

/** The states of a push that is not stored yet, in their order. One that is put off is delayed again. */
const STATES = ['delayed', 'prioritized', 'waiting', 'active', 'delayed'] as const;

export async function openErasureRedis(settings: RedisSettings): Promise<ErasureRedis> {
  const redis = connectForCommands(settings);
  await untilConnected(redis, settings.redisUrl);
  const queues = pushPrefixes(settings).map((prefix) => {
    const queue = new Queue(EVENTS_QUEUE, { connection: redis, prefix, skipMetasUpdate: true });
    // Failed commands throw. Without a listener, the 'error' event would also terminate the process.
    queue.on('error', () => {});
    return queue;
  });
  return {
    async hasPushesBefore(time) {
      if (await hasEntryBefore(redis, intakeStream(settings.prefix), time)) return true;
      for (const queue of queues) if (await hasJobBefore(redis, queue, time)) return true;
      return false;
    },
    async rewriteFiles() {
      const servers = redis instanceof Cluster ? redis.nodes('master') : [redis];
      const rewritten = await Promise.all(servers.map(rewriteFile));
      return rewritten.filter(Boolean).length;
    },
    async stop() {
      await Promise.all(queues.map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

/** Entries are deleted when they are stored. */
async function hasEntryBefore(redis: RedisClient, stream: string, time: Date): Promise<boolean> {
  if ((await redis.exists(stream)) === 0) return false;
  const info = await redis.xinfo('STREAM', stream);
  const fields: unknown[] = Array.isArray(info) ? info : [];
  const first = fields[fields.indexOf('first-entry') + 1];
  return Array.isArray(first) && Number(String(first[0]).split('-')[0]) <= time.getTime();
}

async function hasJobBefore(redis: RedisClient, queue: Queue, time: Date): Promise<boolean> {
  for (const state of STATES) {
    for (let start = 0; ; start += PAGE) {
      if (start >= MAX_JOBS) return true;
      const ids = await queue.getRanges([state], start, start + PAGE - 1);
      const times = await Promise.all(ids.map((id) => readPushedAtMs(redis, queue.toKey(id), id)));
      if (times.some((ms) => ms !== null && ms <= time.getTime())) return true;
      if (ids.length < PAGE) break;
    }
  }
  return false;
}

/** Returns when a job was pushed, or for when it was scheduled, in milliseconds. Null if it is gone. */
async function readPushedAtMs(redis: RedisClient, key: string, id: string): Promise<number | null> {
  const [timestamp, opts] = await redis.hmget(key, 'timestamp', 'opts');
  if (timestamp == null) return null;
  // Put off: its own time is that of the delay.
  if (isDelayedEntry({ id })) {
    const entry = delayedEntry((await redis.hget(key, 'data')) ?? '');
    return entry?.pushedAt.getTime() ?? Number(timestamp);
  }
  return scheduledAt({ timestamp: Number(timestamp), opts: parseObject(opts ?? '') }).getTime();
}

const IN_PROGRESS = /^aof_rewrite_(?:in_progress|scheduled):1\r?$/m;

/** @returns whether it was rewritten */
async function rewriteFile(server: Redis): Promise<boolean> {
  const endsAtMs = performance.now() + MAX_REWRITE_MS;
  const untilIdle = async (): Promise<void> => {
    while (IN_PROGRESS.test(await server.info())) {
      if (performance.now() > endsAtMs) throw new Error('Redis did not rewrite its append-only file in time');
      await sleep(POLL_MS);
    }
  };
  try {
    if (!/^aof_enabled:1\r?$/m.test(await server.info())) return false;
    // One that is in progress may have begun before the data was gone.
    await untilIdle();
    await server.bgrewriteaof();
    await untilIdle();
    return true;
  } catch (error) {
    if (error instanceof Error && /NOPERM|unknown command/i.test(error.message)) return false;
    throw error;
  }
}
