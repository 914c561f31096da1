// Role all: API, producer and worker in one process, started as by `npm start -- --role all`.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@posthorn/local';
import {
  patientClient,
  createActiveWebhook,
  eventually,
  type MailServer,
  type Receiver,
  startMailServer,
  startReceiver,
} from '@posthorn/testkit';
import { runLifecycle } from './lifecycle.js';
import { documentedMetrics } from './observability/documented-metrics.js';
import { openPushIngress, type PushIngress } from './push-ingress.js';
import { startService } from './service-process.js';

const CLI = path.resolve(import.meta.dirname, '../../../packages/cli/bin/posthorn.js');

const OPERATOR = 'ops@hooks.example';
const CUSTOMER = 'it@muster.example';

let folder: string;
let pushes: PushIngress;
let receiver: Receiver;
let gone: Receiver;
let mailServer: MailServer;
let supervisor: ChildProcess;
let env: Record<string, string>;

const dataFile = (name: string) => path.join(folder, '.posthorn', name);
const runtime = () => JSON.parse(readFileSync(dataFile('runtime.json'), 'utf8'));

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-e2e-'));
  [pushes, receiver, gone, mailServer] = await Promise.all([
    openPushIngress(),
    startReceiver(),
    startReceiver(),
    startMailServer(),
  ]);
  const port = String(await freePort());
  env = {
    ...pushes.settings,
    PATH: process.env['PATH'] ?? '',
    POSTHORN_LOG_LEVEL: 'info',
    POSTHORN_PUBLIC_URL: `http://127.0.0.1:${port}`,
    POSTHORN_SMTP_URL: mailServer.url,
    POSTHORN_SMTP_FROM: 'alerts@hooks.example',
    POSTHORN_OPERATOR_EMAILS: OPERATOR,
  };
  const args = [CLI, 'up', '--role', 'all', '--port', port];
  supervisor = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  await eventually(async () => expect(existsSync(dataFile('runtime.json'))).toBe(true), {
    timeoutMs: 100_000,
  });
}, 120_000);

afterAll(async () => {
  // Its service ends with it.
  supervisor?.kill('SIGKILL');
  await Promise.all([receiver?.close(), gone?.close(), mailServer?.close(), pushes?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const setMailboxes = (times: string) => pushes.database.pool.query(`UPDATE mailbox SET ${times}`);

it('reports a webhook that it has suspended by one email each, also if the mail server is down at first', async () => {
  const { apiUrl, adminKey } = runtime();
  const admin = patientClient(apiUrl, adminKey);
  const { body: tenant } = await admin.post('/v1/tenants', { name: 'Muster GmbH', locale: 'de' });
  const customer = patientClient(apiUrl, tenant.key);
  await admin.post('/v1/notification-recipients', { tenantId: tenant.id, address: CUSTOMER });
  const [confirmation] = await mailServer.waitFor(1);
  const link = /http\S+\/confirm\S+/.exec(confirmation?.text ?? '')?.[0] ?? '';
  expect((await fetch(link, { method: 'POST' })).status).toBe(200);
  // The pause after the confirmation ends.
  await setMailboxes(`quiet_until = now() - interval '1 second'`);

  await mailServer.disconnect();
  const { id } = await createActiveWebhook(customer, gone, { eventTypes: ['*'] });
  gone.handle(() => ({ status: 410 }));
  await customer.post('/v1/events', { type: 'order.placed', data: {} });
  await eventually(async () => {
    const { rowCount } = await pushes.database.pool.query('SELECT FROM mailbox WHERE last_error IS NOT NULL');
    expect(rowCount).toBe(2);
  });
  await eventually(async () =>
    expect((await admin.get('/v1/notifications')).body.email).toMatchObject({
      // The suspension and the failed delivery, for each.
      waiting: 4,
      lastError: expect.stringContaining('ECONNREFUSED'),
    }),
  );

  await mailServer.reconnect();
  // The pause until the next try ends.
  await setMailboxes(`next_at = now() - interval '1 second'`);
  await eventually(async () =>
    expect((await admin.get('/v1/notifications')).body.email).toMatchObject({
      waiting: 0,
      lastError: null,
    }),
  );
  const mails = mailServer.mails.slice(1);
  expect(mails.map(({ to }) => to.join(', ')).toSorted()).toEqual([CUSTOMER, OPERATOR]);
  const mailTo = (address: string) => mails.find(({ to }) => to.includes(address));
  const { host } = new URL(gone.url);
  expect(mailTo(OPERATOR)?.subject).toBe(`Webhook ${host} was suspended`);
  expect(mailTo(OPERATOR)?.text).toContain('Muster GmbH');
  expect(mailTo(OPERATOR)?.text).toContain(`${apiUrl}/webhooks/${id}`);
  expect(mailTo(CUSTOMER)?.subject).toBe(`Webhook ${host} wurde ausgesetzt`);
  expect(mailTo(CUSTOMER)?.text).toContain('Er erhält keine Ereignisse mehr, bis er reaktiviert wird.');
});

it('is a single process that receives, delivers, replays and suspends', async () => {
  const { apiUrl, adminKey, processes } = runtime();
  expect(processes).toEqual([{ role: 'all', pid: expect.any(Number) }]);
  const api = patientClient(apiUrl, adminKey);
  await runLifecycle({ api, redis: pushes.redis, prefix: pushes.prefix, receiver });
});

it('serves each metric of API, producer and worker once', async () => {
  const text = await (await fetch(`${runtime().apiUrl}/metrics`)).text();
  const served = Array.from(text.matchAll(/^# TYPE (\S+) /gm), ([, name = '']) => name);
  expect(served).toEqual([...new Set(served)]);
  expect(documentedMetrics.map(({ name }) => name).filter((name) => !served.includes(name))).toEqual([]);
  // A background task of the producer, and one of the worker.
  for (const task of ['reconcile', 'release'])
    expect(text).toContain(`posthorn_task_failures_total{task="${task}"} 0`);
});

it('sends the deliveries that a killed process had started again', async () => {
  const { apiUrl, adminKey, processes } = runtime();
  const { body: tenant } = await patientClient(apiUrl, adminKey).post('/v1/tenants', { name: 'Another' });
  const api = patientClient(apiUrl, tenant.key);
  const own = await startReceiver();
  try {
    await createActiveWebhook(api, own);
    // Loads the webhook. From then on the process starts its deliveries itself.
    await api.post('/v1/events', { type: 'order.placed', data: {} });
    await own.waitFor(1);
    own.handle(() => {
      own.handle(() => ({}));
      process.kill(processes[0].pid, 'SIGKILL');
      return {};
    });
    await api.post('/v1/events', { type: 'order.placed', data: {}, idempotencyKey: 'killed' });
    const [, killed, again] = await own.waitFor(3, 60_000);
    expect(again?.headers['webhook-id']).toBe(killed?.headers['webhook-id']);
  } finally {
    await own.close();
  }
});

it('counts as a producer and as a worker', async () => {
  await eventually(async () => {
    // The exit code is not 0 if there is any warning or error. On a busy machine a request can time out.
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json'], {
      cwd: folder,
      env: { ...env, POSTHORN_ROLE: 'all' },
    }).catch((failure: { stdout: string }) => failure);
    const { findings } = JSON.parse(stdout);
    for (const check of ['producers', 'workers'])
      expect(findings).toContainEqual(expect.objectContaining({ check, level: 'ok', message: '1 process' }));
  });
});

it('stops cleanly with the supervisor, without an error', async () => {
  const { apiUrl } = runtime();
  supervisor.kill('SIGTERM');
  expect(await once(supervisor, 'exit')).toEqual([0, null]);
  expect(existsSync(dataFile('runtime.json'))).toBe(false);
  await expect(fetch(`${apiUrl}/healthz`)).rejects.toThrow('fetch failed');
  const records = readFileSync(dataFile('logs/all-0.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  expect(records.at(-1)).toMatchObject({ service: 'all', message: 'stopped' });
  expect(records.filter(({ level }) => level === 'error')).toEqual([]);
});

it('exits with code 0 after SIGTERM, and opens no health port beside the API', async () => {
  const [port, healthPort] = [String(await freePort()), String(await freePort())];
  const service = await startService('all', {
    ...env,
    POSTHORN_LOG_LEVEL: 'error',
    POSTHORN_ENCRYPTION_KEY: readFileSync(dataFile('encryption-key'), 'utf8').trim(),
    POSTHORN_PAYLOAD_KEY: readFileSync(dataFile('payload-key'), 'utf8').trim(),
    POSTHORN_PORT: port,
    POSTHORN_HEALTH_PORT: healthPort,
    POSTHORN_DRAIN_MS: '0',
  });
  try {
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${healthPort}/readyz`)).rejects.toThrow('fetch failed');
    expect(await service.stop()).toMatchObject({ code: 0 });
  } finally {
    service.kill();
  }
});
