import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '@posthorn/core';
import { Queue } from 'bullmq';
import { Cluster, type Redis } from 'ioredis';
import { guardRemoval } from '../bullmq/guard-removal.js';
import { EVENTS_QUEUE } from '../redis/names.js';
import { connectForCommands, type RedisSettings, untilConnected } from '../redis/redis.js';
import { pushPrefixes } from '../redis/shards.js';
import { type StoredPush, storedEntries, storedJobs, withPushCommands } from './stored-pushes.js';

/** Returns the ids of the erasures that remove a push. */
export type ErasuresOfPush = (stored: Pick<StoredPush, 'push' | 'addedAt'>) => Promise<readonly string[]>;

/** What erasures need of Redis. */
export interface ErasureRedis extends Part {
  /**
   * Removes the pushes that are in Redis at the call and that an erasure removes, also delayed ones, in one iteration of its keys for all
   * erasures. Those that producers have begun to ingest are left to them. Returns the ids of the erasures that have pushes left in Redis:
   * of all others, each was removed or stored.
   */
  removePushes(erasuresOf: ErasuresOfPush): Promise<ReadonlySet<string>>;
  /**
   * Has each server rewrite its append-only file, and waits until it has. Returns how many have done so: none without such a file, or if the
   * Redis user may not run INFO and BGREWRITEAOF.
   */
  rewriteFiles(): Promise<number>;
}

/** How long a call waits for pushes that producers ingest, and the pause between two looks, in milliseconds. */
const MAX_INGEST_WAIT_MS = 500;
const INGEST_POLL_MS = 20;

const POLL_MS = 200;
const MAX_REWRITE_MS = 600_000;

export async function openErasureRedis(settings: RedisSettings): Promise<ErasureRedis> {
  const redis = withPushCommands(connectForCommands(settings));
  guardRemoval(redis);
  await untilConnected(redis, settings.redisUrl);
  const queues = pushPrefixes(settings).map((prefix) => {
    const queue = new Queue(EVENTS_QUEUE, { connection: redis, prefix, skipMetasUpdate: true });
    // Failed commands throw. Without a listener, the 'error' event would also terminate the process.
    queue.on('error', () => {});
    return queue;
  });
  return {
    async removePushes(erasuresOf) {
      // First, because an entry that is put off becomes a job.
      const entries = await removeFrom(storedEntries(redis, settings.prefix), erasuresOf);
      const jobs = await removeFrom(storedJobs(redis, queues, settings.prefix), erasuresOf);
      return new Set([...entries, ...jobs].flatMap(({ erasures }) => erasures));
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

interface ErasedPush extends StoredPush {
  erasures: readonly string[];
}

/** Returns the pushes that are left. */
async function removeFrom(
  pages: AsyncIterable<StoredPush[]>,
  erasuresOf: ErasuresOfPush,
): Promise<ErasedPush[]> {
  let left: ErasedPush[] = [];
  for await (const page of pages) {
    const erased: ErasedPush[] = [];
    for (const stored of page) {
      const erasures = await erasuresOf(stored);
      if (erasures.length > 0) erased.push({ ...stored, erasures });
    }
    left = left.concat(await removeAll(erased));
  }
  const endsAtMs = performance.now() + MAX_INGEST_WAIT_MS;
  while (left.length > 0 && performance.now() < endsAtMs) {
    await sleep(INGEST_POLL_MS);
    left = await removeAll(left);
  }
  return left;
}

/** Returns the pushes that producers have. */
async function removeAll(pushes: readonly ErasedPush[]): Promise<ErasedPush[]> {
  const areGone = await Promise.all(pushes.map((push) => push.remove()));
  return pushes.filter((_push, index) => !areGone[index]);
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
