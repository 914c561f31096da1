import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { connect, type Database, migrate } from '@posthorn/database';
import { SERVICE_NODE_FLAGS, startStack, type Stack } from '@posthorn/local';
import { type Child, ownScript, startChild, usage } from './child.js';
import { createActiveWebhook, forgetDeliveries, settled } from './webhook.js';

/** What one round of a scenario measured. */
export interface Round {
  /** From the start to the last delivery on record. */
  durationMs: number;
  /** Peak memory of Posthorn's own processes in MB, by role. */
  memoryMb: Record<string, number>;
  /** CPU time of the same processes in µs per delivery, their start included. */
  cpuUs: Record<string, number>;
}

/** What a scenario works with: servers, a receiver, an active webhook, and nothing of ours running. */
export interface Bench {
  stack: Stack;
  database: Database;
  receiver: Child;
  receiverUrl: string;
  env: Record<string, string>;
}

export async function startBench(): Promise<Bench> {
  const stack = await startStack({ services: false, ephemeral: true });
  await migrate(stack.databaseUrl);
  const database = connect({ url: stack.databaseUrl, applicationName: 'posthorn bench' });
  const receiver = startChild(ownScript('receiver.js'));
  const { port } = await receiver.next<{ port: number }>('listening');
  const encryptionKey = randomBytes(32).toString('base64');
  const receiverUrl = `http://127.0.0.1:${port}/`;
  await createActiveWebhook(database.pool, receiverUrl, encryptionKey);
  return {
    stack,
    database,
    receiver,
    receiverUrl,
    env: {
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      POSTHORN_QUEUE_PREFIX: stack.queuePrefix,
      POSTHORN_ENCRYPTION_KEY: encryptionKey,
      POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8',
      POSTHORN_OUTBOUND_HTTP: 'true',
      POSTHORN_OUTBOUND_PORTS: '*',
      POSTHORN_LOG_LEVEL: 'warn',
    },
  };
}

export async function stopBench(bench: Bench): Promise<void> {
  await bench.receiver.stop();
  await bench.database.close();
  await bench.stack.stop();
}

/** Starts one of our services and waits until it works. */
export async function startService(bench: Bench, app: 'producer' | 'worker'): Promise<Child> {
  const manifest = createRequire(import.meta.url).resolve(`@posthorn/${app}/package.json`);
  const child = startChild(path.join(path.dirname(manifest), 'dist/main.js'), {
    env: bench.env,
    execArgv: SERVICE_NODE_FLAGS,
  });
  await child.next('ready');
  return child;
}

/**
 * Times a round until `count` deliveries have reached the receiver and are recorded as succeeded: from the call of `start`,
 * or from the first arrival where everything waits in the queue and a process has yet to come up.
 * @throws Error when one is lost, sent twice or not on record: then there is no figure
 */
export async function timeDeliveries(
  bench: Bench,
  round: { count: number; from: 'start' | 'first arrival'; start: () => Promise<Record<string, Child>> },
): Promise<Round> {
  const { count } = round;
  bench.receiver.send({ expect: count });
  await bench.receiver.next('expecting');
  const all = bench.receiver.next<{ firstAt: number; duplicates: number }>('all');
  const startedAt = Date.now();
  const children = await round.start();
  const { firstAt, duplicates } = await all;
  const { succeeded, attempts } = await settled(bench.database.pool);
  const durationMs = Date.now() - (round.from === 'start' ? startedAt : firstAt);
  const processes = Object.entries(children).map(([role, child]) => ({ role, used: usage(child.pid) }));
  await Promise.all(Object.values(children).map((child) => child.stop()));
  if (succeeded !== count || attempts !== count || duplicates > 0) {
    throw new Error(
      `${count} expected, ${succeeded} recorded, ${attempts} attempts, ${duplicates} sent twice`,
    );
  }
  await forgetDeliveries(bench.database.pool);
  return {
    durationMs,
    memoryMb: Object.fromEntries(processes.map(({ role, used }) => [role, used.peakMemoryMb])),
    cpuUs: Object.fromEntries(
      processes.map(({ role, used }) => [role, Math.round((used.cpuMs * 1000) / count)]),
    ),
  };
}

/** One round of the baseline against the same receiver. */
export async function runBare(bench: Bench, count: number): Promise<Round> {
  const bare = startChild(ownScript('bare.js'));
  await bare.next('ready');
  const done = bare.next<{ durationMs: number }>('done');
  bare.send({ url: bench.receiverUrl, count });
  const { durationMs } = await done;
  await bare.stop();
  return { durationMs, memoryMb: {}, cpuUs: {} };
}
