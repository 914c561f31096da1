// A worker that is told to stop while its receivers hang: it ends in time, and other workers take over at once.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  type RecordedRequest,
  startReceiver,
} from '@posthorn/testkit';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';

/** Each with the ten requests that a webhook may have in flight at first. */
const WEBHOOKS = 10;
const HANGING = 100;

const SHUTDOWN_TIMEOUT_MS = 2000;

/** For handing over and for closing connections, with some for a busy machine. */
const GRACE_MS = 2500;

/** The slots of the webhooks that the stopped worker had run out after 5 s. */
const TAKEN_OVER_WITHIN_MS = 15_000;

let stack: Stack;
let settings: Record<string, string>;
let api: ApiClient;
let receiver: Receiver;
const running: ServiceProcess[] = [];

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, services: false });
  // So few places that some requests give theirs back and go on without one.
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
}, 60_000);

async function createActiveWebhook(n: number): Promise<void> {
  const webhook = { url: `${receiver.url}${n}`, eventTypes: ['load.*'], timeoutMs: 30_000 };
  const { body } = await api.post('/v1/webhooks', webhook);
  await api.post(`/v1/webhooks/${body.id}/validation`);
  const code = receiver.requests.at(-1)?.json().data.code;
  const confirmed = await api.post(`/v1/webhooks/${body.id}/validation/confirm`, { code });
  expect(confirmed.body.status).toBe('active');
}

/** The delivery that each request is for: by its webhook's path and its event. */
const deliveriesOf = (requests: RecordedRequest[]): string[] =>
  requests.map(({ path, headers }) => `${path} ${headers['webhook-id']}`).toSorted();

it('ends in time with 100 requests that hang, and other workers deliver them within seconds', async () => {
  for (let n = 0; n < WEBHOOKS; n += 1) await createActiveWebhook(n);
  receiver.requests.length = 0;
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
  // Those, once each: what hung may have been taken by its receiver, and comes again.
  expect(deliveriesOf(await receiver.waitFor(HANGING, TAKEN_OVER_WITHIN_MS))).toEqual(hung);
  await eventually(async () => {
    const { body } = await api.get('/v1/deliveries?status=succeeded&limit=200');
    expect(body.data).toHaveLength(HANGING);
  });
}, 120_000);
