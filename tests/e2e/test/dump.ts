import type { Pool } from '@posthorn/database/connection';
import type { Redis } from 'ioredis';

/** Returns all keys of a Redis with their values, as text. */
export async function dumpRedis(redis: Redis): Promise<string> {
  const keys = await redis.keys('*');
  return JSON.stringify(await Promise.all(keys.map((key) => dumpKey(redis, key))));
}

async function dumpKey(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return [key, await redis.get(key)];
    case 'hash':
      return [key, await redis.hgetall(key)];
    case 'list':
      return [key, await redis.lrange(key, 0, -1)];
    case 'set':
      return [key, await redis.smembers(key)];
    case 'zset':
      return [key, await redis.zrange(key, 0, '-1')];
    case 'stream':
      return [key, await redis.xrange(key, '-', '+')];
    case 'none':
      return [key];
    default:
      throw new Error(`Unknown key type ${type}`);
  }
}

/** Returns all rows of all tables as text, by the name of the table. Partitions are part of their tables. */
export async function dumpTables(pool: Pool): Promise<Map<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace`,
  );
  const dumps = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await pool.query(`SELECT to_jsonb(t) AS row FROM ${name} t`);
    dumps.set(name, JSON.stringify(rows));
  }
  return dumps;
}
