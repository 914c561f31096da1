// Real processes: a slow or failing receiver affects only itself, and limits apply across all workers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  apiClient,
  eventually,
  type Handler,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';

const WORKERS = 2;

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
let receivers: Receiver[] = [];

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, workers: WORKERS, servers });
  api = apiClient(stack.apiUrl, stack.adminKey);
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
}, 60_000);

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

async function publish(type: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({ type, data: { n, at: Date.now() } }));
  const { status } = await api.post('/v1/events/batch', { events });
  expect(status).toBe(202);
}

const perSecond = (times: number[]): number =>
  ((times.length - 1) * 1000) / ((times.at(-1) ?? 0) - (times[0] ?? 0));

describe('receivers that never respond', () => {
  it('do not delay the others', async () => {
    const well = await webhookFor('well.event', { handler: () => ({}) });
    const hanging = await Promise.all(
      Array.from({ length: 20 }, () =>
        webhookFor('hang.event', { handler: () => 'hang', timeoutMs: 30_000 }),
      ),
    );
    const startedAt = Date.now();
    // 2,000 requests that would hang, for 2 workers with 128 jobs each in the fast lane.
    for (let round = 0; round < 10; round += 1) {
      await publish('hang.event', 10);
      await publish('well.event', 10);
      await sleep(50);
    }
    // Before the first hanging request reaches its timeout.
    await well.receiver.waitFor(100, 25_000 - (Date.now() - startedAt));
    const first = hanging[0];
    await eventually(async () => expect((await api.get(`/v1/webhooks/${first?.id}`)).body.slow).toBe(true), {
      timeoutMs: 10_000,
    });
    // The initial window of 10 applies across all workers.
    expect(first?.receiver.requests.length).toBeLessThanOrEqual(10);
  }, 60_000);
});

describe('a receiver that recovers', () => {
  it('leaves the slow lane and gets all held deliveries, in the order in which they were due', async () => {
    let up = false;
    const { id, receiver } = await webhookFor('back.event', {
      handler: () => (up ? {} : { status: 503 }),
      retrySchedule: [2, 2, 2, 2, 2, 2],
    });
    await publish('back.event', 150);
    await eventually(async () => expect((await api.get(`/v1/webhooks/${id}`)).body.slow).toBe(true), {
      timeoutMs: 10_000,
    });
    up = true;
    await eventually(
      async () => {
        const pending = await api.get(`/v1/deliveries?webhookId=${id}&status=pending&limit=1`);
        expect(pending.body.data).toEqual([]);
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
    const failed = await api.get(`/v1/deliveries?webhookId=${id}&status=failed&limit=1`);
    expect(failed.body.data).toEqual([]);
    expect(new Set(receiver.requests.map(({ json }) => json().data.n)).size).toBe(150);
    await publish('back.event', 20);
    await eventually(async () => expect((await api.get(`/v1/webhooks/${id}`)).body.slow).toBe(false), {
      timeoutMs: 10_000,
    });
  }, 60_000);
});

describe('a rate limit', () => {
  it('applies across all workers, within 5 % over 10 s, and held deliveries keep their order', async () => {
    const { receiver } = await webhookFor('limited.event', {
      handler: () => ({}),
      rateLimit: { limit: 50, perSeconds: 1 },
    });
    // The events of a batch are due immediately.
    const batchSize = 50;
    for (let batch = 0; batch < 14; batch += 1) await publish('limited.event', batchSize);
    await receiver.waitFor(batchSize * 14, 30_000);
    const times = receiver.requests.map(({ at }) => at);
    const tenSeconds = times.filter((at) => at >= (times[50] ?? 0) && at < (times[50] ?? 0) + 10_000);
    expect(tenSeconds.length).toBeGreaterThanOrEqual(475);
    expect(tenSeconds.length).toBeLessThanOrEqual(525);
    const published = receiver.requests.map(({ json }) => json().data.at as number);
    const batches = [...new Set(published)].toSorted((x, y) => x - y);
    // The first ones wait in the workers, in the order of each worker; the others are held in one queue.
    const firstInLine = 400;
    const batchesOff = published.map((at, index) =>
      Math.abs(batches.indexOf(at) - Math.floor(index / batchSize)),
    );
    // On a busy machine the deliveries in a worker are slightly late.
    expect(Math.max(...batchesOff.slice(firstInLine))).toBeLessThanOrEqual(4);
  }, 60_000);
});

describe('a receiver that responds with 429 and Retry-After', () => {
  it('gets no requests until then', async () => {
    let requestCount = 0;
    const { receiver } = await webhookFor('throttled.event', {
      handler: () => {
        requestCount += 1;
        return requestCount === 1 ? { status: 429, headers: { 'retry-after': '4' } } : {};
      },
    });
    await publish('throttled.event', 1);
    await receiver.waitFor(1);
    await sleep(300);
    await publish('throttled.event', 50);
    await receiver.waitFor(51, 20_000);
    const [first, ...others] = receiver.requests.map(({ at }) => at);
    expect((others[0] ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(3900);
  }, 60_000);
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
    const killedAt = Date.now();
    for (let index = 0; index < WORKERS; index += 1) stack.process('worker', index).kill('SIGKILL');
    await receiver.waitFor(20, 30_000);
    expect(Date.now() - killedAt).toBeLessThan(25_000);
    expect(perSecond(receiver.requests.map(({ at }) => at))).toBeGreaterThan(0);
  }, 60_000);
});

describe('retries', () => {
  it('arrive when they are due', async () => {
    const failedAt = new Map<number, number>();
    const { receiver } = await webhookFor('retried.event', {
      handler: ({ json, at }) => {
        const { n } = json().data;
        if (failedAt.has(n)) return {};
        failedAt.set(n, at);
        // Does not count as a failing receiver, so that the deliveries stay in the retry lane.
        return { status: 404 };
      },
      retrySchedule: [3],
    });
    await publish('retried.event', 100);
    await receiver.waitFor(200, 20_000);
    const pauses = receiver.requests
      .map(({ at, json }) => at - (failedAt.get(json().data.n) ?? 0))
      .filter((pauseMs) => pauseMs > 0)
      .toSorted((a, b) => a - b);
    expect(pauses).toHaveLength(100);
    // 3 s ± 20 % jitter.
    expect(pauses[0]).toBeGreaterThanOrEqual(2400);
    expect(pauses[Math.floor(pauses.length * 0.99)]).toBeLessThan(10_000);
  }, 60_000);
});
