// A worker is stopped while its receivers hang: it exits in time, and other workers take over at once. A producer is stopped
// during a background task: it completes it.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LANES } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
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
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type ServiceProcess, serviceSettings, startService } from './service-process.js';

/** Each has the ten requests in flight that the initial window allows. */
const WEBHOOKS = 10;
const HANGING = 100;

const SHUTDOWN_TIMEOUT_MS = 2000;

/** The hanging requests end after 30 s. A worker that does not wait for them exits long before, even on a slow machine. */
const REQUEST_TIMEOUT_MS = 30_000;
const EXITED_WITHIN_MS = 15_000;

/** The slots of the stopped worker expire after 5 s. A detached delivery that it did not return would take more than 30 s. */
const TAKEN_OVER_WITHIN_MS = 25_000;

let stack: Stack;
let servers: TestServers;
let settings: Record<string, string>;
let api: ApiClient;
let receiver: Receiver;
let redis: Redis;
let lanes: Queue[];
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
  api = patientClient(`http://127.0.0.1:${port}`, stack.adminKey);
  receiver = await startReceiver();
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  lanes = LANES.map(
    (lane) => new Queue(`deliveries-${lane}`, { connection: redis, prefix: stack.queuePrefix }),
  );
}, 240_000);

afterAll(async () => {
  for (const service of running) service.kill();
  await receiver?.close();
  for (const lane of lanes ?? []) await lane.close();
  redis?.disconnect();
  await stack?.stop();
  await servers?.drop();
});

async function createWebhook(n: number): Promise<void> {
  const fields = { url: `${receiver.url}${n}`, eventTypes: ['load.*'], timeoutMs: REQUEST_TIMEOUT_MS };
  await createActiveWebhook(api, receiver, fields);
}

/** Returns the delivery of each request: the webhook's path and the event id. */
const deliveriesOf = (requests: RecordedRequest[]): string[] =>
  requests.map(({ path, headers }) => `${path} ${headers['webhook-id']}`).toSorted();

it('exits in time with 100 hanging requests, whose jobs it returns, and other workers send them again', async () => {
  for (let n = 0; n < WEBHOOKS; n += 1) await createWebhook(n);
  receiver.handle(() => 'hang');
  const stopping = await startService('worker', settings);
  running.push(stopping);
  for (let n = 0; n < HANGING / WEBHOOKS; n += 1)
    await api.post('/v1/events', { type: 'load.test', data: { n } });
  await receiver.waitFor(HANGING);

  const hung = deliveriesOf(receiver.requests);
  receiver.requests.length = 0;
  receiver.handle(() => ({}));
  const { code, tookMs } = await stopping.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeGreaterThan(SHUTDOWN_TIMEOUT_MS - 500);
  expect(tookMs).toBeLessThan(EXITED_WITHIN_MS);
  // It has returned all jobs: none waits until its lock expires.
  expect(await Promise.all(lanes.map((lane) => lane.getActiveCount()))).toEqual(lanes.map(() => 0));
  running.push(await startService('worker', settings));
  // Each of them again: a hanging receiver may have accepted the first request.
  expect(deliveriesOf(await receiver.waitFor(HANGING, TAKEN_OVER_WITHIN_MS))).toEqual(hung);
  await eventually(async () => {
    const { body } = await api.get('/v1/deliveries?status=succeeded&limit=200');
    expect(body.data).toHaveLength(HANGING);
  });
}, 120_000);

it('a producer completes the background task in progress before it closes what the task uses', async () => {
  const { pool, stop: close } = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e', max: 2 });
  const lock = await pool.connect();
  let log = '';
  try {
    await lock.query('BEGIN; LOCK TABLE webhook_minute_stats');
    const producer = await startService(
      'producer',
      { ...settings, POSTHORN_SHUTDOWN_TIMEOUT_MS: '60000', POSTHORN_LOG_LEVEL: 'info' },
      { onLog: (text) => (log += text) },
    );
    running.push(producer);
    await eventually(async () => {
      const { rows } = await pool.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%max(minute)%'",
      );
      expect(rows).toHaveLength(1);
    });

    const stopped = producer.stop();
    await eventually(() => expect(log).toContain('"stopping"'));
    // Time to close what must not be closed yet.
    await sleep(1000);
    await lock.query('COMMIT');
    expect(await stopped).toMatchObject({ code: 0 });
    expect(log).not.toMatch(/"level":"(warn|error)"/);
  } finally {
    lock.release(true);
    await close();
  }
});
