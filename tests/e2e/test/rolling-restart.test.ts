// An upgrade under load: the processes of each role are replaced one by one, and the migration of the next version is applied while the old version
// runs. No publisher gets an error, no event is lost, none arrives twice.
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '@posthorn/database/server';
import { freePort, type ServiceRole, type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type Balancer, startBalancer } from './balancer.js';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';

let stack: Stack;
let servers: TestServers;
let settings: Record<string, string>;
let balancer: Balancer;
let api: ApiClient;
let receiver: Receiver;
let redis: Redis;
let queue: Queue;
const running: ServiceProcess[] = [];
let load: Load | undefined;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, services: false, servers });
  settings = serviceSettings(stack);
  balancer = await startBalancer();
  api = apiClient(balancer.url, stack.adminKey);
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  const roles = ['api', 'api', 'producer', 'producer', 'worker', 'worker'] as const;
  running.push(...(await Promise.all(roles.map(start))));
  receiver = await startReceiver();
  await createActiveWebhook(api, receiver, { eventTypes: ['load.*'] });
}, 240_000);

afterEach(async () => {
  await load?.stop();
  receiver.requests.length = 0;
});

afterAll(async () => {
  balancer?.close();
  for (const service of running) service.kill();
  await receiver?.close();
  await queue?.close();
  redis?.disconnect();
  await stack?.stop();
  await servers?.drop();
});

const start = (role: ServiceRole) => (role === 'api' ? startApi() : startService(role, settings));

async function startApi(): Promise<ServiceProcess> {
  const port = await freePort();
  const service = await startService('api', {
    ...settings,
    POSTHORN_HOST: '127.0.0.1',
    POSTHORN_PORT: String(port),
    POSTHORN_ADMIN_KEY: stack.adminKey,
    POSTHORN_DRAIN_MS: '10000',
  });
  balancer.add(`http://127.0.0.1:${port}`);
  return service;
}

/** Replaces all processes of a role. The old one stops while the new one starts. */
async function replaceOneByOne(role: ServiceRole): Promise<void> {
  for (const [index, old] of running.entries()) {
    if (old.role !== role) continue;
    const [{ code }, replacement] = await Promise.all([old.stop(), start(role)]);
    expect([role, code]).toEqual([role, 0]);
    running[index] = replacement;
  }
}

interface Load {
  /** Returns the published events, how often one was refused because the machine is busy, and the other responses. */
  stop: () => Promise<{ published: number[]; refused: number; rejections: unknown[] }>;
}

/** The pause of each publisher after an event, in milliseconds: more load proves no more. */
const PAUSE_MS = 100;

/** Publishes through both ingresses until stopped. */
function startLoad(): Load {
  const published: number[] = [];
  const rejections: unknown[] = [];
  const state = { running: true, next: 0, refused: 0 };
  async function post(): Promise<void> {
    while (state.running) {
      const n = (state.next += 1);
      const event = { type: 'load.posted', data: { n }, idempotencyKey: randomUUID() };
      let response = await api.post('/v1/events', event);
      while (response.status === 503) {
        state.refused += 1;
        await sleep(50);
        response = await api.post('/v1/events', event);
      }
      const { status, body } = response;
      if (status === 202) published.push(n);
      else rejections.push({ status, body });
      await sleep(PAUSE_MS);
    }
  }
  async function push(): Promise<void> {
    while (state.running) {
      const n = (state.next += 1);
      await queue.add('load.pushed', { data: { n } });
      published.push(n);
      await sleep(PAUSE_MS);
    }
  }
  const lanes = Promise.all([post(), post(), post(), post(), push(), push()]);
  return {
    async stop() {
      state.running = false;
      await lanes;
      return { published, refused: state.refused, rejections };
    },
  };
}

const received = (): number[] => receiver.requests.map((request) => Number(request.json().data.n));

/** Waits until all deliveries are settled; returns the event number of each request. */
async function arrivedAfter(published: number[]): Promise<number[]> {
  await eventually(() => expect(new Set(received()).size).toBe(published.length), { timeoutMs: 60_000 });
  await eventually(async () => {
    const { body } = await api.get('/v1/deliveries?status=pending&limit=1');
    expect(body.data).toEqual([]);
  });
  return received();
}

/** Checks that no publisher got an error, and that each published event, and no other, arrives once. */
async function expectUndisturbed({ published, refused, rejections }: Awaited<ReturnType<Load['stop']>>) {
  expect(rejections).toEqual([]);
  expect(refused).toBeLessThan(published.length / 20);
  expect(ascending(await arrivedAfter(published))).toEqual(ascending(published));
}

const ascending = (numbers: number[]): number[] => numbers.toSorted((a, b) => a - b);

describe('under load', () => {
  it('every process can be replaced', async () => {
    load = startLoad();
    receiver.handle(() => ({ delayMs: 50 }));
    await receiver.waitFor(50, 60_000);
    // One process of each role at a time.
    await Promise.all((['api', 'producer', 'worker'] as const).map(replaceOneByOne));
    await expectUndisturbed(await load.stop());
  }, 240_000);

  it('the migration of the next version can be applied while the old version runs', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'posthorn-migrations-'));
    await cp(path.resolve(import.meta.dirname, '../../../prisma/migrations'), folder, { recursive: true });
    await mkdir(path.join(folder, '20990101000000_next'));
    await writeFile(path.join(folder, '20990101000000_next/migration.sql'), NEXT_MIGRATION);

    load = startLoad();
    await receiver.waitFor(50, 60_000);
    expect(await migrate(stack.databaseUrl, { migrationsDir: folder })).toEqual({
      applied: ['20990101000000_next'],
    });
    const before = receiver.requests.length;
    await receiver.waitFor(before + 100, 60_000);
    // A restarted old process finds a database of the next version.
    running.push(await startService('worker', { ...settings, POSTHORN_ALLOW_NEWER_SCHEMA: 'true' }));
    const outcome = await load.stop();
    await rm(folder, { recursive: true });
    await expectUndisturbed(outcome);
  }, 240_000);
});

/** A possible migration: a column in every hot table, and an index of each kind. */
const NEXT_MIGRATION = `
ALTER TABLE webhook ADD COLUMN next text NOT NULL DEFAULT 'none';
CREATE INDEX webhook_next_idx ON webhook (next);
ALTER TABLE event ADD COLUMN next integer;
ALTER TABLE pending_delivery ADD COLUMN next integer NOT NULL DEFAULT 0;
ALTER TABLE settled_delivery ADD COLUMN next integer NOT NULL DEFAULT 0;
CREATE INDEX settled_delivery_next_idx ON ONLY settled_delivery (next);
ALTER TABLE earlier_attempt ADD COLUMN next integer;
`;
