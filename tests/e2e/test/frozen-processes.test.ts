// A process freezes while PostgreSQL runs its transaction, or the host of PostgreSQL vanishes: the others continue within seconds.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  type CuttableProxy,
  patientClient,
  type Receiver,
  type RecordedRequest,
  startCuttableProxy,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';

let servers: TestServers;
let stack: Stack;
/** How the healthy services reach PostgreSQL. */
let database: CuttableProxy;
/** How the services that freeze reach it. */
let victims: CuttableProxy;
let settings: Record<string, string>;
let worker: ServiceProcess;
let api: ApiClient;
let redis: Redis;
let queue: Queue;
let receiver: Receiver;
const running: ServiceProcess[] = [];

async function start(...[role, env]: Parameters<typeof startService>): Promise<ServiceProcess> {
  const service = await startService(role, env);
  running.push(service);
  return service;
}

async function startApi(databaseUrl: string): Promise<{ service: ServiceProcess; client: ApiClient }> {
  const port = String(await freePort());
  const own = { DATABASE_URL: databaseUrl, POSTHORN_HOST: '127.0.0.1', POSTHORN_PORT: port };
  const service = await start('api', { ...settings, ...own, POSTHORN_ADMIN_KEY: stack.adminKey });
  return { service, client: patientClient(`http://127.0.0.1:${port}`, stack.adminKey) };
}

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, services: false, servers });
  [database, victims] = await Promise.all([
    startCuttableProxy(stack.databaseUrl),
    startCuttableProxy(stack.databaseUrl),
  ]);
  settings = { ...serviceSettings(stack), DATABASE_URL: database.url };
  ({ client: api } = await startApi(database.url));
  await start('producer', settings);
  worker = await start('worker', settings);
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
}, 240_000);

afterAll(async () => {
  for (const service of running) service.kill();
  await receiver?.close();
  await queue?.close();
  redis?.disconnect();
  await stack?.stop();
  await Promise.all([database?.close(), victims?.close()]);
  await servers?.drop();
});

beforeEach(async () => {
  await receiver?.close();
  receiver = await startReceiver();
});

const publish = async (type: string, count: number): Promise<string[]> => {
  const responses = await Promise.all(
    Array.from({ length: count }, (_, n) => api.post('/v1/events', { type, data: { n } })),
  );
  return responses.map(({ body }) => body.id);
};

/** Waits until each of the events has arrived, at least once. */
const arrived = (ids: string[], timeoutMs: number) =>
  receiver.waitFor((requests) => {
    const got = new Set(requests.map(({ headers }) => headers['webhook-id']));
    return ids.every((id) => got.has(id));
  }, timeoutMs);

const isPushed = ({ body }: RecordedRequest) => body.includes('vanished.pushed');

it('a worker that freezes while it releases held deliveries delays them only until the reconciler finds them', async () => {
  await createActiveWebhook(api, receiver, {
    eventTypes: ['frozen.release'],
    rateLimit: { limit: 10, perSeconds: 1 },
  });
  await worker.stop();
  const frozen = await start('worker', { ...settings, DATABASE_URL: victims.url });
  const stalled = victims.stallAfter('SET held = false');
  const ids = await publish('frozen.release', 40);
  await stalled;
  frozen.freeze();
  worker = await start('worker', settings);
  // The lock of a job in its lane expires after 15 s.
  await arrived(ids, 80_000);
  frozen.kill();
}, 120_000);

it('an API that freezes while it cancels a replay does not block another call that cancels it', async () => {
  const { id } = await createActiveWebhook(api, receiver, { eventTypes: ['frozen.replay'] });
  const [event] = await publish('frozen.replay', 1);
  await arrived([event ?? ''], 60_000);
  const { service: frozen, client } = await startApi(victims.url);
  // Its delivery waits for a retry, so that the replay is not completed.
  receiver.handle(() => ({ status: 500 }));
  const range = { from: '2026-01-01T00:00:00Z', to: '9999-12-31T00:00:00Z', statuses: ['succeeded'] };
  let replay: Awaited<ReturnType<ApiClient['post']>>;
  // The success is recorded shortly after the request.
  do replay = await api.post(`/v1/webhooks/${id}/replay`, range);
  while (replay.body.total === 0);
  const path = `/v1/replays/${replay.body.id}`;

  const stalled = victims.stallAfter(`UPDATE replay SET status = 'cancelled'`);
  client.post(`${path}/cancel`, {}).catch(() => {});
  await stalled;
  frozen.freeze();
  expect(await api.post(`${path}/cancel`, {})).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  frozen.kill();
}, 120_000);

it('events are accepted and delivered again soon after the host of PostgreSQL has vanished without closing a connection', async () => {
  await createActiveWebhook(api, receiver, { eventTypes: ['vanished.*'], retrySchedule: [1, 1, 1] });
  receiver.handle(() => ({ status: 500 }));
  await queue.add('vanished.pushed', { data: {} });
  const failed = await publish('vanished.failed', 20);
  await arrived(failed, 60_000);
  await receiver.waitFor((requests) => requests.some(isPushed), 60_000);

  database.vanish();
  receiver.handle(() => ({}));
  receiver.requests.length = 0;
  await queue.add('vanished.pushed', { data: { again: true } });
  const posted = await publish('vanished.posted', 20);
  // The failed ones must be recorded, loaded and sent again. Statements without a short timeout would block all of them for 60 s.
  await arrived([...failed, ...posted], 40_000);
  await receiver.waitFor(
    (requests) => requests.some((request) => isPushed(request) && request.body.includes('again')),
    40_000,
  );
}, 120_000);
