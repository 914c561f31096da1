import { LANES, type Part } from '@posthorn/core';
import { Queue } from 'bullmq';
import { deliveriesQueue, EVENTS_QUEUE } from '../redis/names.js';
import { connectForCommands, type RedisClient, type RedisSettings, untilConnected } from '../redis/redis.js';
import { pushPrefixes, shardPrefixes } from '../redis/shards.js';

/** A queue to inspect. */
export interface InspectedQueue {
  queue: Queue;
  /** Number of the shard, from 1; null when a lane is a single queue. */
  shard: number | null;
}

/** Read-only access to every queue. */
export interface QueueInspector extends Part {
  /** Returns the queues. The first call connects; later calls return the same queues. @throws Error when Redis is unavailable */
  queues(): Promise<InspectedQueue[]>;
  stop(): Promise<void>;
}

interface Opened {
  redis: RedisClient;
  queues: InspectedQueue[];
}

export function createQueueInspector(settings: RedisSettings): QueueInspector {
  let opening: Promise<Opened> | null = null;

  function open(): Promise<Opened> {
    opening ??= openQueues(settings).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  return {
    async queues() {
      const { redis, queues } = await open();
      await redis.ping();
      return queues;
    },
    async stop() {
      const opened = await opening?.catch(() => null);
      if (!opened) return;
      await Promise.all(opened.queues.map(({ queue }) => queue.close()));
      opened.redis.disconnect();
    },
  };
}

async function openQueues(settings: RedisSettings): Promise<Opened> {
  const redis = connectForCommands(settings);
  await untilConnected(redis, settings.redisUrl);
  const open = (name: string, prefix: string): Queue => {
    // Keeps BullMQ from writing the queue's options, which only the process that adds jobs may set.
    const queue = new Queue(name, { connection: redis, prefix, skipMetasUpdate: true });
    // Failed commands throw. Without a listener, the 'error' event would also terminate the process.
    queue.on('error', () => {});
    return queue;
  };
  const prefixes = shardPrefixes(settings);
  const lanes = prefixes.flatMap((prefix, index) =>
    LANES.map((lane) => ({
      queue: open(deliveriesQueue(lane), prefix),
      shard: prefixes.length > 1 ? index + 1 : null,
    })),
  );
  const events = pushPrefixes(settings).map((prefix) => ({
    queue: open(EVENTS_QUEUE, prefix),
    shard: prefix === settings.prefix ? null : prefixes.indexOf(prefix) + 1,
  }));
  return { redis, queues: [...events, ...lanes] };
}
