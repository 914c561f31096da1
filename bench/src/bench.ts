import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Database } from '@posthorn/database/connection';
import { migrate } from '@posthorn/database/server';
import { startStack, type Stack } from '@posthorn/local';
import { Redis } from 'ioredis';
import { type Child, ownScript, startChild } from './child.js';
import type { Arrivals, ReceiverCommand } from './receiver.js';

/** The environment of a scenario: servers and a receiver, without running services. */
export interface Bench {
  stack: Stack;
  database: Database;
  receiver: Child;
  receiverUrl: string;
  encryptionKey: string;
  /** For how many days payloads are kept; null for as long as the installation keeps them. */
  payloadDays: number | null;
  /** The same for deliveries and attempts. */
  historyDays: number | null;
  /** The environment of the services. */
  env: Record<string, string>;
  /** The folder of the version whose services run; null for this one. */
  checkout: string | null;
}

export async function startBench({
  postgresFlags = [],
  payloadDays = null,
  historyDays = null,
  encryptsPayloads = false,
}: {
  postgresFlags?: string[];
  payloadDays?: number | null;
  historyDays?: number | null;
  encryptsPayloads?: boolean;
} = {}): Promise<Bench> {
  const stack = await startStack({ services: false, ephemeral: true, postgresFlags });
  await migrate(stack.databaseUrl);
  const database = connect({ url: stack.databaseUrl, applicationName: 'posthorn bench' });
  const receiver = startChild(ownScript('receiver.js'));
  const { port } = await receiver.next<{ port: number }>('listening');
  const encryptionKey = randomBytes(32).toString('base64');
  return {
    stack,
    database,
    receiver,
    receiverUrl: `http://127.0.0.1:${port}/`,
    encryptionKey,
    payloadDays,
    historyDays,
    checkout: null,
    env: {
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      POSTHORN_QUEUE_PREFIX: stack.queuePrefix,
      POSTHORN_ENCRYPTION_KEY: encryptionKey,
      POSTHORN_PAYLOAD_KEY: randomBytes(32).toString('base64'),
      POSTHORN_ENCRYPT_PAYLOADS: String(encryptsPayloads),
      POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8',
      POSTHORN_OUTBOUND_HTTP: 'true',
      POSTHORN_OUTBOUND_PORTS: '*',
      POSTHORN_LOG_LEVEL: 'warn',
      POSTHORN_DRAIN_MS: '0',
    },
  };
}

export async function stopBench(bench: Bench): Promise<void> {
  await bench.receiver.stop();
  await bench.database.stop();
  await bench.stack.stop();
}

/** Resets the receiver and waits until that is done. */
export async function resetReceiver({ receiver }: Bench, expect?: number): Promise<void> {
  const expecting = receiver.next('expecting');
  receiver.send({ type: 'reset', expect } satisfies ReceiverCommand);
  await expecting;
}

/** Returns what the receiver has received since it was reset. */
export function readArrivals({ receiver }: Bench): Promise<Arrivals> {
  const reported = receiver.next<Arrivals>('arrivals');
  receiver.send({ type: 'report' } satisfies ReceiverCommand);
  return reported;
}

/**
 * Deletes events and deliveries, but no webhooks, and finishes what PostgreSQL and Redis do in the background because of them:
 * checkpoints, and the rewriting of the append-only file. Services may run.
 */
export async function clearBacklog({ stack, database }: Bench): Promise<void> {
  await database.pool.query(
    'TRUNCATE event, event_search_value, event_payload, unsettled_payload, pending_delivery, settled_delivery CASCADE',
  );
  await database.pool.query('CHECKPOINT');
  const redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const isRewriting = async () =>
    /aof_rewrite_(?:in_progress|scheduled):1/.test(await redis.info('persistence'));
  while (await isRewriting()) await sleep(50);
  await redis.flushall();
  await redis.bgrewriteaof();
  while (await isRewriting()) await sleep(50);
  redis.disconnect();
}

/** Deletes webhooks, events and deliveries from PostgreSQL and Redis. No service may be running. */
export async function resetData({ stack, database }: Bench): Promise<void> {
  await database.pool.query(
    'TRUNCATE event, event_search_value, event_payload, unsettled_payload, pending_delivery, settled_delivery, earlier_attempt, replay, operational_event, webhook CASCADE',
  );
  const redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  for await (const keys of redis.scanStream({ match: `${stack.queuePrefix}*`, count: 1000 })) {
    if (keys.length > 0) await redis.unlink(...(keys as string[]));
  }
  redis.disconnect();
}
