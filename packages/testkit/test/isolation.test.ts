import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { eventually, freshDatabase, freshQueuePrefix } from '../src/index.js';

/** The settings that no migration creates. */
const OWN = `SELECT key FROM setting WHERE key NOT IN ('history', 'erasure_count')`;

describe('freshDatabase', () => {
  it('creates migrated, isolated databases', async () => {
    const [first, second] = await Promise.all([freshDatabase(), freshDatabase()]);
    await query(first.url, "INSERT INTO setting (key, value) VALUES ('a', '1')");
    expect(await query(first.url, OWN)).toEqual([{ key: 'a' }]);
    expect(await query(second.url, OWN)).toEqual([]);
    await Promise.all([first.drop(), second.drop()]);
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });
});

describe('freshQueuePrefix', () => {
  it('deletes only the keys under its prefix', async () => {
    const own = freshQueuePrefix();
    const other = freshQueuePrefix();
    const redis = new Redis(own.redisUrl);
    await redis.mset(`${own.prefix}:a`, '1', `${own.prefix}:b`, '2', `${other.prefix}:a`, '3');
    await own.clear();
    expect(await redis.mget(`${own.prefix}:a`, `${own.prefix}:b`, `${other.prefix}:a`)).toEqual([
      null,
      null,
      '3',
    ]);
    await other.clear();
    redis.disconnect();
  });
});

describe('eventually', () => {
  it('polls until the assertion holds', async () => {
    let attempts = 0;
    const value = await eventually(
      () => {
        attempts += 1;
        expect(attempts).toBe(3);
        return 'held';
      },
      { intervalMs: 1 },
    );
    expect(value).toBe('held');
  });

  it('rejects with the last error', async () => {
    const failing = eventually(() => Promise.reject(new Error('not yet')), { timeoutMs: 5, intervalMs: 1 });
    await expect(failing).rejects.toThrow('not yet');
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
