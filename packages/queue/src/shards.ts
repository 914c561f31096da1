import clusterKeySlot from 'cluster-key-slot';
import type { RedisSettings } from './redis.js';

/** Number of hash slots of a Redis Cluster. */
const SLOT_COUNT = 16_384;

/**
 * Returns the key prefix of each shard. The hash tag, the part in braces, keeps a shard in one slot. The tags are chosen so
 * that the shards are spread evenly over the slots, since each node holds a range of them. The number of shards is part of
 * the tag, so that jobs from before a change of that number are not mistaken for current ones. A single shard has the
 * prefix of all other keys.
 */
export function shardPrefixes({ prefix, shards = 1 }: Pick<RedisSettings, 'prefix' | 'shards'>): string[] {
  if (shards === 1) return [prefix];
  const name = `${prefix.replaceAll(/[{}]/g, '')}:${shards}`;
  return Array.from({ length: shards }, (_, index) => {
    let attempts = 0;
    while (shardOfSlot(clusterKeySlot(`${name}:${attempts}`), shards) !== index) attempts += 1;
    return `{${name}:${attempts}}`;
  });
}

/** Returns the index of the shard that holds the jobs of a delivery. */
export function shardOf(deliveryId: string, shards: number): number {
  return shards === 1 ? 0 : clusterKeySlot(deliveryId) % shards;
}

const shardOfSlot = (slot: number, shards: number): number => Math.floor((slot * shards) / SLOT_COUNT);
