// A worker is stopped while its receivers hang: it exits in time, and other workers take over at once.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  type RecordedRequest,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';

/** Each has the ten requests in flight that the initial window allows. */
const WEBHOOKS = 10;
const HANGING = 100;

const SHUTDOWN_TIMEOUT_MS = 2000;

/** For releasing jobs and closing connections, with a margin for a busy machine. */
const GRACE_MS = 2500;

/** The slots of the stopped worker expire after 5 s. */
const TAKEN_OVER_WITHIN_MS = 15_000;

let stack: Stack;
let servers: TestServers;
let settings: Record<string, string>;
let api: ApiClient;
let receiver: Receiver;
const running: ServiceProcess[] = [];

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, services: false, servers });
  // Low enough that some deliveries become detached.
  settings = {
    ...serviceSettings(stack),
    POSTHORN_SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS),
    POSTHORN_WORKER_CONCURRENCY: '60',
  };
  const port = String(await freePort());
  const ofApi = { POSTHORN_HOST: '127.0.0.1', POSTHORN_PORT: port, POSTHORN_ADMIN_KEY: stack.adminKey };
  running.push(await startService('api', { ...settings, ...ofApi }));
  api = apiClient(`http://127.0.0.1:${port}`, stack.adminKey);
  receiver = await startReceiver();
}, 240_000);

afterAll(async () => {
  for (const service of running) service.kill();
  await receiver?.close();
  await stack?.stop();
  await servers?.drop();
}, 60_000);

async function createWebhook(n: number): Promise<void> {
  const fields = { url: `${receiver.url}${n}`, eventTypes: ['load.*'], timeoutMs: 30_000 };
  await createActiveWebhook(api, receiver, fields);
}

/** Returns the delivery of each request: the webhook's path and the event id. */
const deliveriesOf = (requests: RecordedRequest[]): string[] =>
  requests.map(({ path, headers }) => `${path} ${headers['webhook-id']}`).toSorted();

it('exits in time with 100 hanging requests, which other workers send again within seconds', async () => {
  for (let n = 0; n < WEBHOOKS; n += 1) await createWebhook(n);
  receiver.handle(() => 'hang');
  const stopping = await startService('worker', settings);
  running.push(stopping);
  for (let n = 0; n < HANGING / WEBHOOKS; n += 1)
    await api.post('/v1/events', { type: 'load.test', data: { n } });
  await receiver.waitFor(HANGING, 20_000);

  running.push(await startService('worker', settings));
  const hung = deliveriesOf(receiver.requests);
  receiver.requests.length = 0;
  receiver.handle(() => ({}));
  const { code, tookMs } = await stopping.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeGreaterThan(SHUTDOWN_TIMEOUT_MS - 500);
  expect(tookMs).toBeLessThan(SHUTDOWN_TIMEOUT_MS + GRACE_MS);
  // Each of them again: a hanging receiver may have accepted the first request.
  expect(deliveriesOf(await receiver.waitFor(HANGING, TAKEN_OVER_WITHIN_MS))).toEqual(hung);
  await eventually(async () => {
    const { body } = await api.get('/v1/deliveries?status=succeeded&limit=200');
    expect(body.data).toHaveLength(HANGING);
  });
}, 120_000);
