import { LANES } from '@posthorn/core';
import { maxmemoryOf } from '../redis/server-info.js';
import type { RedisClient, RedisSettings } from '../redis/redis.js';

/** More jobs than workers need to be busy while the lane feeder adds further ones. */
const DEFAULT_LIMIT = 100_000;

/** With fewer, workers would wait for the lane feeder. */
const MIN_LIMIT = 1000;

/** Memory of a delayed job, the largest ones, in bytes: 440 measured. A waiting one takes 275. */
const BYTES_PER_JOB = 512;

/** The fraction of `maxmemory` that jobs may use. Pushes, flow states and buffers need the remaining memory. */
const MEMORY_FRACTION = 0.5;

/**
 * Returns the maximum number of jobs of a lane that wait in Redis, over all shards: as configured, or derived from `maxmemory`, which
 * is that of the last connection.
 */
export function laneLimit(redis: RedisClient, { laneLimit: configured, shards = 1 }: RedisSettings): number {
  if (configured !== undefined && configured !== null) return configured;
  const maxmemory = maxmemoryOf(redis, shards);
  if (maxmemory === 0) return DEFAULT_LIMIT;
  const fitting = Math.floor((maxmemory * MEMORY_FRACTION) / LANES.length / BYTES_PER_JOB);
  return Math.min(Math.max(fitting, MIN_LIMIT), DEFAULT_LIMIT);
}
