// Recoveries with real processes: the backlog of a receiver that was down arrives in order, within its limits, although processes die.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  patientClient,
  eventually,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { disorder } from './disorder.js';

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
let receivers: Receiver[] = [];

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, workers: 2, servers });
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

interface Outage {
  webhookId: string;
  type: string;
  receiver: Receiver;
}

/** Publishes events to a receiver that is down, until each delivery has had `attempts` attempts and waits for a retry. */
async function outage(
  type: string,
  { count, attempts = 1, ...settings }: { count: number; attempts?: number } & Record<string, unknown>,
): Promise<Outage> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const { id: webhookId } = await createActiveWebhook(api, receiver, { eventTypes: [type], ...settings });
  receiver.handle(() => ({ status: 500 }));
  await publish(type, count);
  await receiver.waitFor(count * attempts, 90_000);
  await eventually(async () => {
    const { body } = await api.post('/v1/recoveries', {
      since: '2026-01-01T00:00:00Z',
      webhookId,
      dryRun: true,
    });
    expect(body.total).toBe(count);
  });
  receiver.requests.length = 0;
  return { webhookId, type, receiver };
}

async function publish(type: string, count: number, first = 0): Promise<void> {
  for (let n = 0; n < count; n += 1)
    expect((await api.post('/v1/events', { type, data: { n: first + n } })).status).toBe(202);
}

async function recover(fields: Record<string, unknown>): Promise<string> {
  const { status, body } = await api.post('/v1/recoveries', { since: '2026-01-01T00:00:00Z', ...fields });
  expect({ status, body }).toMatchObject({ status: 202 });
  return body.id;
}

const completed = (id: string) =>
  eventually(
    async () => {
      const { body } = await api.get(`/v1/recoveries/${id}`);
      expect(body.status).toBe('completed');
      return body;
    },
    { timeoutMs: 120_000 },
  );

const numbers = ({ requests }: Receiver): number[] => requests.map(({ json }) => json().data.n as number);

const PER_WEBHOOK = 600;

/** Publishes until stopped, so that replays yield. */
function publishLive(): () => Promise<void> {
  const stopping = new AbortController();
  const publishing = (async () => {
    while (!stopping.signal.aborted) {
      await publish('live.event', 1);
      await sleep(10);
    }
  })();
  return async () => {
    stopping.abort();
    await publishing;
  };
}

/** Creates webhooks of one receiver with deliveries that can be replayed, and another one for live traffic. */
async function busyWebhooks(count: number) {
  const [receiver, liveReceiver] = [await startReceiver(), await startReceiver()];
  receivers.push(receiver, liveReceiver);
  await createActiveWebhook(api, liveReceiver, { eventTypes: ['live.event'] });
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1)
    ids.push((await createActiveWebhook(api, receiver, { eventTypes: ['busy.event'] })).id);
  const events = Array.from({ length: PER_WEBHOOK }, (_, n) => ({ type: 'busy.event', data: { n } }));
  await api.post('/v1/events/batch', { events });
  await receiver.waitFor(count * PER_WEBHOOK, 60_000);
  await eventually(async () =>
    expect((await api.get('/v1/deliveries?status=pending&limit=1')).body.data).toEqual([]),
  );

  /** Replays the deliveries of all of them. Resolves when each has as many due deliveries as a webhook may have. */
  async function replay(): Promise<void> {
    const span = { from: '2026-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
    for (const id of ids) expect((await api.post(`/v1/webhooks/${id}/replay`, span)).status).toBe(202);
    await eventually(
      async () => {
        const { body } = await api.get('/v1/replays?limit=200');
        for (const { queued } of body.data) expect(queued).toBeGreaterThan(275);
      },
      { timeoutMs: 60_000, intervalMs: 50 },
    );
  }

  return { receiver, replay };
}

describe('the first success after an outage', () => {
  // In order of publication, but held deliveries are overtaken while the window is small again: on a busy machine by nearly all others.
  it('brings the whole backlog forward', async () => {
    const count = 200;
    // With the default schedule, the next retry is minutes away.
    const { webhookId, type, receiver } = await outage('back.event', { count, attempts: 2 });
    const { body: webhook } = await api.get(`/v1/webhooks/${webhookId}`);
    await sleep(Math.max(Date.parse(webhook.failingSince ?? webhook.createdAt) + 11_000 - Date.now(), 0));
    receiver.handle(() => ({}));
    await publish(type, 1, -1);
    await receiver.waitFor(count + 1, 60_000);
    const arrived = numbers(receiver).filter((n) => n >= 0);
    expect(new Set(arrived).size).toBe(count);
    expect(arrived).toHaveLength(count);
    const { body } = await api.get(`/v1/recoveries?webhookId=${webhookId}`);
    expect(body.data).toMatchObject([{ automatic: true, total: count, queued: count }]);
    expect(await completed(body.data[0].id)).toMatchObject({
      failed: 0,
      progress: { succeeded: count, pending: 0 },
    });
  }, 180_000);
});

describe('a recovery', () => {
  it('sends everything once although the producer and a worker are killed', async () => {
    const count = 100;
    const { webhookId, receiver } = await outage('killed.event', { count, retrySchedule: [3600] });
    receiver.handle(() => ({ delayMs: 10 }));
    const id = await recover({ webhookId });
    await receiver.waitFor(count / 4, 60_000);
    stack.process('producer').kill('SIGKILL');
    stack.process('worker').kill('SIGKILL');
    expect(await completed(id)).toMatchObject({
      total: count,
      queued: count,
      failed: 0,
      progress: { pending: 0, succeeded: count },
    });
    expect(new Set(numbers(receiver)).size).toBe(count);
    // The requests in flight of the killed worker.
    expect(receiver.requests.length - count).toBeLessThanOrEqual(8);
  }, 180_000);

  it('that fails leaves the retry schedule as it was, and reports what failed again', async () => {
    const { webhookId, receiver } = await outage('still.down', { count: 20, retrySchedule: [3600, 3600] });
    const attempts = [1, 2];
    for (const attempt of attempts) {
      const id = await recover({ webhookId });
      expect(await completed(id)).toMatchObject({
        total: 20,
        failed: 20,
        progress: { pending: 20, retrying: 20 },
      });
      expect(receiver.requests).toHaveLength(20 * attempt);
    }
    receiver.handle(() => ({}));
    const last = await recover({ webhookId });
    expect(await completed(last)).toMatchObject({ failed: 0, progress: { succeeded: 20 } });
  }, 240_000);

  it('does not wait for the replays of other webhooks beside live traffic', async () => {
    const { receiver: others, replay } = await busyWebhooks(4);
    const count = 86;
    const { webhookId, receiver } = await outage('turn.event', { count, retrySchedule: [3600] });
    receiver.handle(() => ({}));
    const stopLive = publishLive();
    try {
      await replay();
      const id = await recover({ webhookId });
      await eventually(
        async () => expect((await api.get(`/v1/recoveries/${id}`)).body.queued).toBeGreaterThan(0),
        { intervalMs: 10 },
      );
      const before = others.requests.length;
      await receiver.waitFor(1, 60_000);
      // Each of the others has about 300 due deliveries. Some of them run while this test waits for the API.
      expect(others.requests.length - before).toBeLessThan(4 * 150);
      await receiver.waitFor(count, 60_000);
    } finally {
      await stopLive();
    }
  }, 180_000);

  it('keeps to the rate limit', async () => {
    const rateLimit = { limit: 20, perSeconds: 1 };
    const { webhookId, receiver } = await outage('limited.event', {
      count: 60,
      retrySchedule: [3600],
      rateLimit,
    });
    receiver.handle(() => ({}));
    const startedAt = Date.now();
    await completed(await recover({ webhookId }));
    expect(receiver.requests).toHaveLength(60);
    // The requests are spaced evenly, so a slow machine can only take longer.
    expect((receiver.requests.at(-1)?.at ?? 0) - startedAt).toBeGreaterThan(59 * 50 * 0.99);
    expect(disorder(numbers(receiver))).toBeLessThan(0.1);
  }, 120_000);

  it('keeps to a Retry-After', async () => {
    const { webhookId, receiver } = await outage('paused.event', {
      count: 30,
      retrySchedule: [3600, 1],
      // No other request is in flight at the response.
      maxInFlight: 1,
    });
    let refusedAt: number | null = null;
    receiver.handle(() => {
      if (refusedAt !== null) return {};
      refusedAt = Date.now();
      return { status: 429, headers: { 'retry-after': '4' } };
    });
    await recover({ webhookId });
    await receiver.waitFor(30, 60_000);
    expect((receiver.requests[1]?.at ?? 0) - (refusedAt ?? 0)).toBeGreaterThanOrEqual(3900);
  }, 120_000);
});

describe('retrying a delivery that waits for its retry', () => {
  it('sends it at once', async () => {
    const { webhookId, receiver } = await outage('one.event', { count: 1, retrySchedule: [300] });
    receiver.handle(() => ({}));
    const { body } = await api.get(`/v1/deliveries?webhookId=${webhookId}`);
    expect(await api.post(`/v1/deliveries/${body.data[0].id}/retry`)).toMatchObject({ status: 202 });
    await receiver.waitFor(1);
    await eventually(async () =>
      expect((await api.get(`/v1/deliveries/${body.data[0].id}`)).body).toMatchObject({
        status: 'succeeded',
        attemptCount: 2,
      }),
    );
  });
});
