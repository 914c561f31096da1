// Posthorn on a Redis Cluster of three nodes: deliveries, slots and pushes are spread over the nodes, and no event is lost when a node
// fails.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { groupBy } from '@posthorn/core';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  patientClient,
  eventually,
  type Receiver,
  type RecordedRequest,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { pushPrefixes } from '@posthorn/queue';
import { queuePublisher } from '@posthorn/sdk/redis';
import { Queue } from 'bullmq';
import { Cluster } from 'ioredis';
import { type ClusterNode, type RedisCluster, startRedisCluster } from './redis-cluster.js';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';
import { runLifecycle } from './lifecycle.js';

const PREFIX = '{posthorn}';
const SHARDS = 4;
const WORKERS = 2;

/** Per second, while a node is unavailable: one for each connection of these processes. */
const MAX_SLOT_QUERIES = 100;

/** Deliveries of a rate-limited webhook. */
const PER_LIMITED = 30;

/** More of them than start before the others are held, and fewer than two thirds. */
const SOME_RELEASED = 14;

let stack: Stack;
let servers: TestServers;
let cluster: RedisCluster;
let redis: Cluster;
let apiUrl: string;
let api: ApiClient;
let receiver: Receiver;
let ofTenant: Receiver | undefined;
const running: ServiceProcess[] = [];

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, services: false, servers });
  cluster = await startRedisCluster(stack.dataDir);
  redis = new Cluster(cluster.url.split(','));
  const settings = {
    ...serviceSettings(stack),
    REDIS_URL: cluster.url,
    REDIS_CLUSTER: 'true',
    POSTHORN_QUEUE_PREFIX: PREFIX,
    POSTHORN_QUEUE_SHARDS: String(SHARDS),
  };
  const port = String(await freePort());
  const ofApi = { POSTHORN_HOST: '127.0.0.1', POSTHORN_PORT: port, POSTHORN_ADMIN_KEY: stack.adminKey };
  const workers = Array.from({ length: WORKERS }, () => startService('worker', settings));
  running.push(
    ...(await Promise.all([
      startService('api', { ...settings, ...ofApi }),
      startService('producer', settings),
      ...workers,
    ])),
  );
  apiUrl = `http://127.0.0.1:${port}`;
  api = patientClient(apiUrl, stack.adminKey);
}, 300_000);

beforeEach(async () => {
  await receiver?.close();
  receiver = await startReceiver();
});

afterAll(async () => {
  for (const service of running) service.kill();
  await receiver?.close();
  await ofTenant?.close();
  redis?.disconnect();
  await cluster?.stop();
  await stack?.stop();
  await servers?.drop();
});

async function publish(type: string, numbers: readonly number[], client = api): Promise<void> {
  const events = numbers.map((n) => ({ type, data: { n } }));
  expect((await client.post('/v1/events/batch', { events })).body.accepted).toHaveLength(numbers.length);
}

const sumOf = (counts: number[]): number => counts.reduce((sum, count) => sum + count, 0);

const flowsByNode = () => Promise.all(cluster.nodes.map((node) => node.count('*:flow:*')));

/** Returns how often processes have asked the available nodes for the owners of the slots. */
async function slotQueries(failed?: ClusterNode): Promise<number> {
  const available = cluster.nodes.filter((node) => node !== failed);
  const stats = await Promise.all(available.map(({ redis: node }) => node.info('commandstats')));
  return sumOf(stats.map((text) => Number(/cmdstat_cluster\|slots:calls=(\d+)/.exec(text)?.[1] ?? 0)));
}

const numbersIn = ({ requests }: Receiver): Set<number> => new Set(requests.map(({ json }) => json().data.n));

/** Returns whether a rate-limited webhook got more deliveries than start before the others are held. */
const hasReleased = (requests: RecordedRequest[]): boolean =>
  [...groupBy(requests, ({ json }) => json().type).values()].some(({ length }) => length >= SOME_RELEASED);

it('supports the whole lifecycle of a webhook', async () => {
  await runLifecycle({ api, redis, prefix: PREFIX, receiver });
});

it('spreads deliveries over the nodes and counts them together', async () => {
  // Not due while they are counted, but soon enough to wait in Redis.
  const { id } = await createActiveWebhook(api, receiver, { eventTypes: ['spread.*'], retrySchedule: [400] });
  receiver.handle(() => ({ status: 404 }));
  const numbers = Array.from({ length: 90 }, (_, n) => n);
  await publish('spread.begun', numbers);
  await receiver.waitFor(90, 90_000);
  await eventually(async () => {
    // In the retry lane, or in the slow lane when the machine is so busy that the receiver responds late.
    const counts = await Promise.all(cluster.nodes.map((node) => node.count('*:deliveries-*:d_*')));
    expect(Math.min(...counts)).toBeGreaterThan(5);
    expect(sumOf(counts)).toBe(90);
    const { body: metrics } = await api.get('/metrics');
    const delayed = metrics.matchAll(/lane="(?:retry|slow)",state="delayed"} (\d+)$/gm);
    expect(sumOf(Array.from(delayed, ([, count]) => Number(count)))).toBe(90);
    expect((await api.get('/v1/overview')).body.workers).toEqual({ processes: WORKERS });
  });
  await api.delete(`/v1/webhooks/${id}`);
});

it('sends retries that are due from all nodes', async () => {
  await createActiveWebhook(api, receiver, { eventTypes: ['again.*'], retrySchedule: [1] });
  const failed = new Set<number>();
  receiver.handle(({ json }) => {
    const { n } = json().data;
    if (failed.has(n)) return {};
    failed.add(n);
    return { status: 404 };
  });
  await publish(
    'again.begun',
    Array.from({ length: 30 }, (_, n) => n),
  );
  await receiver.waitFor(60, 90_000);
});

it('spreads the slots of webhooks over the nodes', async () => {
  receiver.requests.length = 0;
  const types = Array.from({ length: 24 }, (_, n) => `slots.${n}`);
  for (const type of types) await createActiveWebhook(api, receiver, { eventTypes: [type] });
  const before = await flowsByNode();
  receiver.requests.length = 0;
  for (const type of types) await publish(type, [1, 2]);
  await receiver.waitFor(2 * types.length);
  await eventually(async () => {
    const added = (await flowsByNode()).map((count, index) => count - (before[index] ?? 0));
    expect(sumOf(added)).toBe(types.length);
    expect(Math.min(...added)).toBeGreaterThan(0);
  });
});

it('releases held deliveries of webhooks on all nodes', async () => {
  receiver.requests.length = 0;
  const types = Array.from({ length: 6 }, (_, n) => `held.${n}`);
  const rateLimit = { limit: 4, perSeconds: 1 };
  for (const type of types) await createActiveWebhook(api, receiver, { eventTypes: [type], rateLimit });
  receiver.requests.length = 0;
  // The last ones of each webhook wait for more than 2 s, so they are held.
  for (const type of types)
    await publish(
      type,
      Array.from({ length: 16 }, (_, n) => n),
    );
  await receiver.waitFor(16 * types.length, 60_000);
});

it('ingests pushes under the prefix of each shard, once', async () => {
  receiver.requests.length = 0;
  await createActiveWebhook(api, receiver, { eventTypes: ['pushed.*'] });
  receiver.requests.length = 0;
  const prefixes = pushPrefixes({ prefix: PREFIX, shards: SHARDS });
  expect(prefixes).toHaveLength(SHARDS + 1);
  const nodes = await Promise.all(prefixes.map((prefix) => cluster.nodeOf(`${prefix}:events:wait`)));
  expect(new Set(nodes).size).toBe(3);
  // Pushes with the same id and time in different queues are different events.
  const timestamp = Date.now();
  for (const prefix of prefixes) {
    const queue = new Queue('events', { connection: redis, prefix });
    await queue.add('pushed.job', { data: { prefix } }, { timestamp });
    await queue.close();
  }
  await receiver.waitFor(prefixes.length);
  const publisher = await queuePublisher({ redis, prefixes });
  for (const n of prefixes.keys()) await publisher.publish({ type: 'pushed.by_sdk', data: { n } });
  await receiver.waitFor(2 * prefixes.length);
  expect(new Set(receiver.requests.map(({ json }) => json().id)).size).toBe(2 * prefixes.length);
});

it('delivers what the other nodes hold while a node is unavailable, for all tenants, and releases what they held', async () => {
  const types = Array.from({ length: 12 }, (_, n) => `partial.${n}`);
  for (const type of types) await createActiveWebhook(api, receiver, { eventTypes: [type] });
  const tenant = patientClient(apiUrl, (await api.post('/v1/tenants', { name: 'other' })).body.key);
  ofTenant = await startReceiver();
  const rateLimit = { limit: 4, perSeconds: 1 };
  for (const type of types) await createActiveWebhook(tenant, ofTenant, { eventTypes: [type], rateLimit });
  const main = await cluster.nodeOf(`${PREFIX}:installation`);
  const failed = cluster.nodes.find((node) => node !== main);
  receiver.requests.length = 0;
  ofTenant.requests.length = 0;
  await failed?.kill();
  try {
    for (const type of types) {
      await publish(type, [1, 2, 3, 4, 5, 6]);
      await publish(type, [...Array(PER_LIMITED).keys()], tenant);
    }
    // A delivery needs its job and the slot of its webhook: each is on the failed node with a probability of a third.
    await receiver.waitFor(12, 120_000);
    await ofTenant.waitFor(hasReleased, 120_000);
    const [queries, startedAtMs] = [await slotQueries(failed), performance.now()];
    await sleep(3000);
    // Each takes milliseconds of CPU time.
    const perSecond = ((await slotQueries(failed)) - queries) / ((performance.now() - startedAtMs) / 1000);
    expect(perSecond).toBeLessThan(MAX_SLOT_QUERIES);
  } finally {
    await failed?.start();
  }
  await receiver.waitFor(72, 90_000);
  await ofTenant.waitFor(12 * PER_LIMITED, 90_000);
}, 480_000);

it('loses nothing when a node is killed under load and restarted', async () => {
  receiver.requests.length = 0;
  await createActiveWebhook(api, receiver, { eventTypes: ['load.*'] });
  receiver.handle(() => ({ delayMs: 20 }));
  // The node with the ingress `intake`, the members of tasks and the doorbells, beside its share of the deliveries.
  const node = await cluster.nodeOf(`${PREFIX}:intake`);
  const total = 800;
  const load = (async () => {
    for (let sent = 0; sent < total; sent += 20) {
      await publish(
        'load.goes_on',
        Array.from({ length: 20 }, (_, n) => sent + n),
      );
      await sleep(100);
    }
  })();
  await receiver.waitFor(200, 120_000);
  await node.kill();
  // Longer than workers wait for a job, so that they reconnect while the node is down.
  await sleep(9000);
  await node.start();
  await load;
  // The locks of the jobs in progress expire 15 s after the restart.
  await eventually(() => expect(numbersIn(receiver).size).toBe(total), { timeoutMs: 120_000 });
}, 300_000);
