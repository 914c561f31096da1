import { clockOffsetMs } from '@posthorn/core';
import { Queue } from 'bullmq';
import { Cluster, type Redis } from 'ioredis';
import { countConsumers } from './count-consumers.js';
import { EVENTS_QUEUE, installationKey, populatedMarkerKey } from './names.js';
import { connectForCommands, type RedisClient, type RedisSettings, untilConnected } from './redis.js';
import { shardPrefixes } from './shards.js';

/** The properties of a Redis server, or of each primary node of a cluster. Reading them writes nothing. */
interface RedisReport {
  servers: RedisServer[];
  /** Whether a producer has used this prefix since Redis last lost its data. */
  isPopulated: boolean;
  /** The number of producers that are running. Null when Redis does not list its clients. */
  producers: number | null;
  /** The installation that uses this prefix; null if none has since Redis last lost its data. */
  installationId: string | null;
}

export interface RedisServer {
  /** `host:port` */
  address: string;
  software: 'Redis' | 'Valkey';
  version: string;
  /** Null if the Redis user has no permission for INFO. */
  maxmemoryPolicy: string | null;
  /** Null if the Redis user has no permission for INFO. */
  appendOnly: boolean | null;
  clockOffsetMs: number;
}

/** @throws Error with a one-line message when Redis is unavailable */
export async function inspectRedis(settings: RedisSettings): Promise<RedisReport> {
  const redis = connectForCommands(settings);
  await untilConnected(redis, settings.redisUrl);
  try {
    const servers = redis instanceof Cluster ? redis.nodes('master') : [redis];
    // All at once: a call that fails must not leave the others without a listener.
    const [inspected, installationId, producers, ...markers] = await Promise.all([
      Promise.all(servers.map(inspectServer)),
      redis.get(installationKey(settings.prefix)),
      countProducers(redis, settings.prefix),
      ...shardPrefixes(settings).map((prefix) => redis.exists(populatedMarkerKey(prefix))),
    ]);
    const isPopulated = markers.every((count) => count === 1);
    return { servers: inspected, installationId, producers, isPopulated };
  } finally {
    redis.disconnect();
  }
}

async function countProducers(redis: RedisClient, prefix: string): Promise<number | null> {
  const queue = new Queue(EVENTS_QUEUE, { connection: redis, prefix, skipMetasUpdate: true });
  queue.on('error', () => {});
  const count = await countConsumers(queue);
  await queue.close();
  return count;
}

async function inspectServer(redis: Redis): Promise<RedisServer> {
  const { host, port } = redis.options;
  const info = parseInfo(await redis.info());
  const valkey = info.get('valkey_version');
  const appendOnly = info.get('aof_enabled');
  return {
    address: `${host}:${port}`,
    software: valkey === undefined ? 'Redis' : 'Valkey',
    version: valkey ?? info.get('redis_version') ?? '',
    maxmemoryPolicy: info.get('maxmemory_policy') ?? null,
    appendOnly: appendOnly === undefined ? null : appendOnly === '1',
    clockOffsetMs: await clockOffsetMs(() => readClock(redis)),
  };
}

function parseInfo(text: string): Map<string, string> {
  const fields = text.matchAll(/^(\w+):(.*?)\r?$/gm);
  return new Map(Array.from(fields, ([, name = '', value = '']) => [name, value]));
}

async function readClock(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}
