// Role all with several processes: they share the port, and act as one toward load balancers, Prometheus and the supervisor.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, request } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { freePort, processIdentity, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  type Receiver,
  retryingClient,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { childrenOf } from './freeze.js';
import { readExposition } from './observability/exposition.js';
import { runToExit, serviceSettings, startService } from './service-process.js';

const CLI = path.resolve(import.meta.dirname, '../../../packages/cli/bin/posthorn.js');

/** As in packages/database/src/server/migrate.ts. */
const MIGRATION_LOCK = 72_707_369;

let servers: TestServers;
let stack: Stack;
let api: ApiClient;
let receiver: Receiver;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, role: 'all', processes: 2, servers });
  api = retryingClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
  await createActiveWebhook(api, receiver);
}, 240_000);

afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
  await servers?.drop();
});

const processes = () => childrenOf(stack.process('all').pid ?? 0);

/** Publishes events on several connections at the same time, and retries until each is accepted. */
async function publish(name: string, count: number): Promise<void> {
  const responses = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      api.post('/v1/events', { type: 'order.placed', data: { name, n }, idempotencyKey: `${name} ${n}` }),
    ),
  );
  expect(responses.filter(({ status }) => status >= 300)).toEqual([]);
}

/** Returns the numbers of the events of this name that the receiver got, once it has `count` different ones. */
async function arrivals(name: string, count: number): Promise<number[]> {
  const numbers = () =>
    receiver.requests
      .map(({ body }) => JSON.parse(body).data)
      .flatMap((data) => (data.name === name ? [data.n] : []));
  await receiver.waitFor(() => new Set(numbers()).size === count);
  return numbers().toSorted((a, b) => a - b);
}

/** Requests the metrics on a new connection, which the processes accept in turn. */
async function metrics() {
  const [response] = await once(get(`${stack.apiUrl}/metrics`, { agent: false }), 'response');
  const { series } = readExposition(await text(response));
  return (metric: string, labels: Record<string, string> = {}): number[] =>
    series
      .filter((one) => one.metric === metric)
      .filter((one) => Object.entries(labels).every(([name, value]) => one.labels[name] === value))
      .map(({ value }) => value);
}

/** Resolves when a process of this group has been replaced and all are ready. */
async function untilReplaced(victim: number): Promise<void> {
  await eventually(() => {
    expect(processes()).not.toContain(victim);
    expect(processes()).toHaveLength(2);
  });
  await eventually(async () => expect((await fetch(`${stack.apiUrl}/readyz`)).status).toBe(200));
}

/** Holds the lock that every process takes at its start. Returns the function that releases it. */
async function delayStarts(): Promise<() => Promise<void>> {
  const database = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e', max: 1 });
  await eventually(async () => {
    const { rows } = await database.pool.query('SELECT pg_try_advisory_lock($1) AS locked', [MIGRATION_LOCK]);
    expect(rows).toEqual([{ locked: true }]);
  });
  return () => database.stop();
}

const ACCEPTED = ['posthorn_events_total', { source: 'http', result: 'accepted' }] as const;

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

const logOf = (name: string) => readFileSync(path.join(stack.dataDir, 'logs', `${name}.log`), 'utf8');

describe('two processes', () => {
  it('are children of one that the supervisor starts, and share its port', async () => {
    expect(stack.processes().map(({ role }) => role)).toEqual(['all']);
    expect(processes()).toHaveLength(2);
    expect((await fetch(`${stack.apiUrl}/readyz`)).status).toBe(200);
  });

  it('deliver every event once', async () => {
    await publish('once', 60);
    expect(await arrivals('once', 60)).toEqual(range(60));
  });

  it('both accept events, and say in their log which one they are', () => {
    for (const number of [1, 2]) {
      const records = logOf(`all-0-${number}`)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(new Set(records.map((record) => record.process))).toEqual(new Set([number]));
      expect(records.filter(({ route, status }) => route === '/v1/events' && status === 202)).not.toEqual([]);
    }
  });

  it('serve the sum of their counters and gauges', async () => {
    // A process counts a request when its response has been sent.
    await eventually(async () => {
      const read = await metrics();
      expect(read(...ACCEPTED)).toEqual([60]);
      expect(read('posthorn_delivery_outcomes_total', { outcome: '2xx' })).toEqual([60]);
    });
    const read = await metrics();
    expect(read('posthorn_processes')).toEqual([2]);
    expect(read('posthorn_processes_configured')).toEqual([2]);
    expect(read('posthorn_worker_concurrency', { lane: 'fast' })).toEqual([128]);
    expect(read('posthorn_server_up')).toEqual([1, 1]);
  });

  it('do not add up what each reads from PostgreSQL or Redis', async () => {
    receiver.handle(() => ({ status: 500 }));
    await publish('fails', 3);
    await eventually(async () => {
      const read = await metrics();
      expect(read('posthorn_delivery_jobs', { lane: 'retry', state: 'delayed' })).toEqual([3]);
    });
    receiver.handle(() => ({}));
  });

  it('lose nothing when one is killed, which is replaced', async () => {
    const [victim = 0, other = 0] = processes();
    const publishing = publish('killed', 200);
    await receiver.waitFor((requests) => requests.some(({ body }) => body.includes('killed')));
    process.kill(victim, 'SIGKILL');
    await publishing;
    expect([...new Set(await arrivals('killed', 200))]).toEqual(range(200));

    await untilReplaced(victim);
    expect(processes()).toContain(other);
    expect(logOf('all-0')).toMatch(/process [12] exited \(SIGKILL\): restarting it in 250 ms/);
  });

  it('are not ready until one that was killed is replaced, and keep its counters', async () => {
    const [before = 0] = (await metrics())(...ACCEPTED);
    const [victim = 0] = processes();
    const start = await delayStarts();
    try {
      process.kill(victim, 'SIGKILL');
      await eventually(async () => {
        const response = await fetch(`${stack.apiUrl}/readyz`);
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({
          detail: 'Another process that shares this port is not ready',
        });
      });
      expect((await fetch(`${stack.apiUrl}/healthz`)).status).toBe(200);
      await publish('meanwhile', 1);
      expect(await arrivals('meanwhile', 1)).toEqual([0]);
    } finally {
      await start();
    }
    await untilReplaced(victim);
    await eventually(async () => {
      const read = await metrics();
      expect(read('posthorn_processes')).toEqual([2]);
      expect(read(...ACCEPTED)).toEqual([before + 1]);
    });
  });

  it('serve the metrics without the gauges of a frozen one', async () => {
    const [before = 0] = (await metrics())(...ACCEPTED);
    const [victim = 0] = processes();
    process.kill(victim, 'SIGSTOP');
    try {
      // One connection goes to the frozen process, and waits there.
      const read = await Promise.any([metrics(), metrics()]);
      expect(read('posthorn_processes')).toEqual([1]);
      expect(read('posthorn_processes_configured')).toEqual([2]);
      expect(read('posthorn_worker_concurrency', { lane: 'fast' })).toEqual([64]);
      expect(read(...ACCEPTED)).toEqual([before]);
    } finally {
      process.kill(victim, 'SIGCONT');
    }
    await eventually(async () => expect((await metrics())('posthorn_processes')).toEqual([2]));
  });
});

/** Settings of a further group on the data of the stack. */
const furtherSettings = async () => ({
  ...serviceSettings(stack),
  POSTHORN_ENCRYPTION_KEY: readFileSync(path.join(stack.dataDir, 'encryption-key'), 'utf8').trim(),
  POSTHORN_HOST: '127.0.0.1',
  POSTHORN_PORT: String(await freePort()),
  POSTHORN_PROCESSES: '2',
});

/** Starts to publish on a new connection. Its process has accepted the request when `continue` is emitted. */
const startPublishing = (port: string) =>
  request(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    agent: false,
    headers: {
      authorization: `Bearer ${stack.adminKey}`,
      'content-type': 'application/json',
      expect: '100-continue',
    },
  });

describe('a group started by another supervisor', () => {
  it('is ready when all are, and exits with code 0 after SIGTERM, when the requests in flight have ended', async () => {
    const env = await furtherSettings();
    const group = await startService('all', env);
    try {
      expect((await fetch(`http://127.0.0.1:${env.POSTHORN_PORT}/readyz`)).status).toBe(200);
      const uploads = [startPublishing(env.POSTHORN_PORT), startPublishing(env.POSTHORN_PORT)];
      await Promise.all(uploads.map((upload) => once(upload, 'continue')));
      const stopped = group.stop();
      for (const upload of uploads) upload.end('{"type":"order.placed","data":{"name":"late","n":0}}');
      const responses = await Promise.all(uploads.map((upload) => once(upload, 'response')));
      expect(responses.map(([{ statusCode }]) => statusCode)).toEqual([202, 202]);
      expect(await stopped).toMatchObject({ code: 0 });
    } finally {
      group.kill();
    }
    await expect(fetch(`http://127.0.0.1:${env.POSTHORN_PORT}/healthz`)).rejects.toThrow('fetch failed');
  });

  it('ends when its first process is killed', async () => {
    const env = await furtherSettings();
    const group = await startService('all', env);
    const children = childrenOf(group.pid ?? 0);
    group.kill();
    expect(children).toHaveLength(2);
    await eventually(() => expect(children.map((pid) => processIdentity(pid))).toEqual([null, null]));
  });

  it.each([
    [{ POSTHORN_PROCESSES: '0' }, 'POSTHORN_PROCESSES must be between 1 and 64'],
    [{ POSTHORN_PROCESSES: '1.5' }, 'POSTHORN_PROCESSES must be a whole number'],
    [{ POSTHORN_WORKER_CONCURRENCY: 'many' }, 'POSTHORN_WORKER_CONCURRENCY must be a whole number'],
  ])('exits with one line when it cannot start: %j', async (invalid, message) => {
    const { code, stdout, stderr } = await runToExit('all', { ...(await furtherSettings()), ...invalid });
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `posthorn all: ${message}\n` });
  });

  it('exits with one line when its port is in use', async () => {
    const env = { ...(await furtherSettings()), POSTHORN_PORT: new URL(stack.apiUrl).port };
    const { code, stderr } = await runToExit('all', env);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `posthorn all: port ${env.POSTHORN_PORT} is in use: set POSTHORN_PORT to another port\n`,
    });
  });
});

it('separate roles have no number of processes', async () => {
  const stderr = await new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'up', '--processes', '2'], (_error, _stdout, output) => resolve(output));
  });
  expect(stderr).toBe(
    'posthorn: --processes requires --role all. Without it, --workers sets the number of workers\n',
  );
});
