import type { Pool } from '@posthorn/database/connection';
import { Redis } from 'ioredis';
import { type Bench, resetData } from './bench.js';
import { queueDeliveries } from './queue-deliveries.js';
import type { Scenario } from './result.js';
import { startWorkers } from './services.js';
import { timeDeliveries } from './time-deliveries.js';
import { createOneWebhook } from './webhook.js';

const DELIVERIES = 100_000;

/** The size of 100,000 deliveries of 1 KB, queued in Redis and settled in PostgreSQL. One round: it measures no time. */
export const memory: Scenario = async (bench, { count: wanted }) => {
  const count = wanted ?? DELIVERIES;
  await resetData(bench);
  await createOneWebhook(bench);
  const { pool } = bench.database;
  const before = { redis: await redisBytes(bench), tables: await tableBytes(pool) };
  await queueDeliveries(bench, count);
  const redis = Math.round(((await redisBytes(bench)) - before.redis) / count);
  await timeDeliveries(bench, { count, from: 'first arrival', start: () => startWorkers(bench, 1) });
  const payload = Math.round((await payloadBytes(pool)) / count);
  const tables = Math.round(((await tableBytes(pool)) - before.tables) / count) - payload;
  return {
    figures: [
      {
        name: 'Redis bytes per queued delivery',
        value: redis,
        better: 'lower',
        threshold: 1000,
        target: 700,
      },
      {
        name: 'PostgreSQL bytes per finished delivery, payload apart',
        value: tables,
        better: 'lower',
        threshold: 1000,
        target: 600,
      },
    ],
    summary: { count, payloadBytes: payload },
    rounds: [],
  };
};

/** Returns the memory that Redis uses. */
export async function redisBytes({ stack }: Bench): Promise<number> {
  const redis = new Redis(stack.redisUrl);
  const [, bytes] = /used_memory:(\d+)/.exec(await redis.info('memory')) ?? [];
  redis.disconnect();
  return Number(bytes);
}

/** Returns the size of the tables with indexes and dead rows. */
async function tableBytes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(`
    SELECT sum(pg_total_relation_size(relid)) AS bytes
    FROM unnest(ARRAY['event', 'delivery', 'attempt']::regclass[]) AS parent, pg_partition_tree(parent)`);
  return Number(rows[0]?.bytes);
}

async function payloadBytes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    'SELECT sum(pg_column_size(body)) AS bytes FROM event',
  );
  return Number(rows[0]?.bytes);
}
