// Real processes: a slow or failing receiver affects only itself, and limits apply across all workers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  patientClient,
  eventually,
  type Handler,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { disorder } from './disorder.js';

const WORKERS = 2;

/** Jobs that a worker runs at the same time in its fast lane. Few, so that few hanging requests would fill it. */
const CONCURRENCY = 32;

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
let receivers: Receiver[] = [];

beforeAll(async () => {
  servers = await testServers();
  const env = { POSTHORN_WORKER_CONCURRENCY: String(CONCURRENCY) };
  stack = await startStack({ ephemeral: true, workers: WORKERS, servers, env });
  api = patientClient(stack.apiUrl, stack.adminKey);
}, 120_000);

afterEach(async () => {
  const { body } = await api.get('/v1/webhooks?limit=200');
  await Promise.all(body.data.map(({ id }: { id: string }) => api.delete(`/v1/webhooks/${id}`)));
  await Promise.all(receivers.map((receiver) => receiver.close()));
  receivers = [];
});

afterAll(async () => {
  await stack?.stop();
  await servers?.drop();
});

/** Creates an active webhook for events of `type`, and its receiver. */
async function webhookFor(
  type: string,
  { handler, ...settings }: { handler: Handler } & Record<string, unknown>,
): Promise<{ id: string; receiver: Receiver }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const { id } = await createActiveWebhook(api, receiver, { eventTypes: [type], ...settings });
  receiver.handle(handler);
  return { id, receiver };
}

async function publish(type: string, count: number, first = 0): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ type, data: { n: first + n } }));
  const { status } = await api.post('/v1/events/batch', { events });
  expect(status).toBe(202);
}

describe('receivers that never respond', () => {
  it('do not delay the others', async () => {
    const well = await webhookFor('well.event', { handler: () => ({}) });
    const hanging = await Promise.all(
      Array.from({ length: 10 }, () =>
        webhookFor('hang.event', { handler: () => 'hang', timeoutMs: 30_000 }),
      ),
    );
    await publish('hang.event', 30);
    await eventually(() => {
      const inFlight = hanging.reduce((sum, { receiver }) => sum + receiver.inFlight(), 0);
      expect(inFlight).toBeGreaterThan(WORKERS * CONCURRENCY);
    });
    await publish('well.event', 50);
    await well.receiver.waitFor(50);
    for (const { receiver } of hanging) {
      // None has reached its timeout.
      expect(receiver.inFlight()).toBe(receiver.requests.length);
      // The initial window applies across all workers.
      expect(receiver.requests.length).toBeLessThanOrEqual(10);
    }
    const first = hanging[0];
    await eventually(async () => expect((await api.get(`/v1/webhooks/${first?.id}`)).body.slow).toBe(true));
  });
});

describe('a receiver that recovers', () => {
  it('leaves the slow lane and gets all held deliveries, in the order in which they were due', async () => {
    let up = false;
    const { id, receiver } = await webhookFor('back.event', {
      handler: () => (up ? {} : { status: 503 }),
      retrySchedule: Array.from({ length: 20 }, () => 2),
    });
    await publish('back.event', 150);
    await eventually(async () => expect((await api.get(`/v1/webhooks/${id}`)).body.slow).toBe(true));
    up = true;
    await eventually(
      async () => {
        const pending = await api.get(`/v1/deliveries?webhookId=${id}&status=pending&limit=1`);
        expect(pending.body.data).toEqual([]);
      },
      { timeoutMs: 60_000, intervalMs: 200 },
    );
    const failed = await api.get(`/v1/deliveries?webhookId=${id}&status=failed&limit=1`);
    expect(failed.body.data).toEqual([]);
    expect(new Set(receiver.requests.map(({ json }) => json().data.n)).size).toBe(150);
    await publish('back.event', 20);
    await eventually(async () => expect((await api.get(`/v1/webhooks/${id}`)).body.slow).toBe(false));
  });
});

const rateLimit = { limit: 100, perSeconds: 1 };

/** Returns the shortest duration of requests with this rate limit. They are spaced evenly, so a slow machine can only take longer. */
const shortestMs = (requests: number): number => (requests - 1) * 10 * 0.99;

describe('a rate limit', () => {
  it('is not exceeded by all workers together', async () => {
    const { receiver } = await webhookFor('limited.event', { handler: () => ({}), rateLimit });
    const startedAt = Date.now();
    await publish('limited.event', 150);
    await receiver.waitFor(150);
    expect(Date.now() - startedAt).toBeGreaterThan(shortestMs(150));
  });

  it('is not exceeded by held deliveries, which keep their order', async () => {
    const { id, receiver } = await webhookFor('held.event', {
      handler: () => ({}),
      rateLimit: { limit: 1, perSeconds: 5 },
    });
    for (let sent = 0; sent < 200; sent += 50) await publish('held.event', 50, sent);
    await eventually(async () => {
      const { body: metrics } = await api.get('/metrics');
      const [, held] = /^posthorn_held_deliveries (\d+)$/m.exec(metrics) ?? [];
      expect(Number(held) + receiver.requests.length).toBeGreaterThanOrEqual(200);
    });
    const before = receiver.requests.length;
    const startedAt = Date.now();
    await api.patch(`/v1/webhooks/${id}`, { rateLimit });
    await receiver.waitFor(200);
    expect(Date.now() - startedAt).toBeGreaterThan(shortestMs(200 - before));
    // The events of a batch are due at the same time.
    const batches = receiver.requests.map(({ json }) => Math.floor(json().data.n / 50));
    expect(disorder(batches)).toBeLessThan(0.05);
  });
});

describe('a receiver that responds with 429 and Retry-After', () => {
  it('gets no requests until then', async () => {
    let refusedAt: number | null = null;
    const { receiver } = await webhookFor('throttled.event', {
      handler: () => {
        if (refusedAt !== null) return {};
        refusedAt = Date.now();
        return { status: 429, headers: { 'retry-after': '4' } };
      },
      // No other request is in flight at the response.
      maxInFlight: 1,
      retrySchedule: [1],
    });
    await publish('throttled.event', 51);
    await receiver.waitFor(52);
    expect((receiver.requests[1]?.at ?? 0) - (refusedAt ?? 0)).toBeGreaterThanOrEqual(3900);
  });
});

describe('the slots of a killed worker', () => {
  it('are free after their lease expires', async () => {
    const held: string[] = [];
    const { receiver } = await webhookFor('leased.event', {
      handler: ({ json }) => {
        held.push(json().data.n);
        return held.length <= 2 ? 'hang' : {};
      },
      maxInFlight: 2,
      timeoutMs: 30_000,
    });
    await publish('leased.event', 30);
    await receiver.waitFor(2);
    await sleep(1000);
    expect(receiver.requests.length).toBe(2);
    for (let index = 0; index < WORKERS; index += 1) stack.process('worker', index).kill('SIGKILL');
    await receiver.waitFor(20, 60_000);
  });
});

describe('retries', () => {
  it('arrive, none before it is due', async () => {
    const failedAt = new Map<number, number>();
    const { receiver } = await webhookFor('retried.event', {
      handler: ({ json, at }) => {
        const { n } = json().data;
        if (failedAt.has(n)) return {};
        failedAt.set(n, at);
        // Does not count as a failing receiver, so that the deliveries stay in the retry lane.
        return { status: 404 };
      },
      retrySchedule: [2],
    });
    await publish('retried.event', 100);
    await receiver.waitFor(200);
    const pauses = receiver.requests
      .map(({ at, json }) => at - (failedAt.get(json().data.n) ?? 0))
      .filter((pauseMs) => pauseMs > 0);
    expect(pauses).toHaveLength(100);
    // 2 s ± 20 % jitter.
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(1600);
  });
});
