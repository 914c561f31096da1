import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { requiredVariable } from './required-variable.js';

export interface FreshQueuePrefix {
  redisUrl: string;
  prefix: string;
  /** Deletes every key under the prefix and the prefixes of its shards. */
  clear(): Promise<void>;
}

/** Returns a unique key prefix, so that test files can share one Redis server without conflicts. */
export function freshQueuePrefix(): FreshQueuePrefix {
  const redisUrl = requiredVariable('TEST_REDIS_URL');
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  return { redisUrl, prefix, clear: () => deleteKeys(redisUrl, `*${prefix}*`) };
}

async function deleteKeys(redisUrl: string, pattern: string): Promise<void> {
  const redis = new Redis(redisUrl);
  try {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
      if (keys.length > 0) await redis.unlink(keys);
      cursor = next;
    } while (cursor !== '0');
  } finally {
    redis.disconnect();
  }
}
