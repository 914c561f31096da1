import type { RedisSettings } from './redis.js';

/** Where Redis Cluster keeps a key, out of 16,384 slots: CRC-16/XMODEM of the part in braces. */
const SLOTS = 16_384;

/**
 * What the keys of each shard begin with. The part in braces keeps a shard in one slot; it is chosen so that the shards lie at
 * even distances in the slots, which nodes hold in ranges. It says how many shards there are: with another number nothing is
 * taken for a job of now that lies where it belonged before. A single shard has the prefix that everything else has.
 */
export function shardPrefixes({ prefix, shards = 1 }: Pick<RedisSettings, 'prefix' | 'shards'>): string[] {
  if (shards === 1) return [prefix];
  const name = `${prefix.replaceAll(/[{}]/g, '')}:${shards}`;
  return Array.from({ length: shards }, (_, index) => {
    let tries = 0;
    while (shardOfSlot(slotOf(`${name}:${tries}`), shards) !== index) tries += 1;
    return `{${name}:${tries}}`;
  });
}

/** The index of the shard that the jobs of a delivery are in. */
export function shardOf(deliveryId: string, shards: number): number {
  return shards === 1 ? 0 : slotOf(deliveryId) % shards;
}

const shardOfSlot = (slot: number, shards: number): number => Math.floor((slot * shards) / SLOTS);

/** @param key without braces */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}
