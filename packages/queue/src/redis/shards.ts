import { groupBy } from '@posthorn/core';
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

/**
 * Returns the prefixes under which publishers may push to the queue of events: that of all other keys, and those of the shards, which
 * spread the pushes over the nodes.
 */
export function pushPrefixes(settings: Pick<RedisSettings, 'prefix' | 'shards'>): string[] {
  return [...new Set([settings.prefix, ...shardPrefixes(settings)])];
}

/** Returns the index of the shard that holds the jobs of a delivery, or the flow of a webhook. */
export function shardOf(id: string, shards: number): number {
  return shards === 1 ? 0 : clusterKeySlot(id) % shards;
}

/** The shards of an installation. Those of a webhook and of its deliveries may differ. */
export class Shards {
  /** The key prefix of each shard. */
  readonly prefixes: readonly string[];

  constructor(settings: Pick<RedisSettings, 'prefix' | 'shards'>) {
    this.prefixes = shardPrefixes(settings);
  }

  indexOf(id: string): number {
    return shardOf(id, this.prefixes.length);
  }

  prefixOf(id: string): string {
    return this.prefixes[this.indexOf(id)] ?? '';
  }

  /** Returns the prefix of each shard that has items, with its items. */
  group<Item>(items: readonly Item[], idOf: (item: Item) => string): [prefix: string, items: Item[]][] {
    return [...groupBy(items, (item) => this.prefixOf(idOf(item)))];
  }
}

const shardOfSlot = (slot: number, shards: number): number => Math.floor((slot * shards) / SLOT_COUNT);
