// Ordered delivery with real processes: first arrivals are in order, whatever fails, is killed, skipped or suspended.
import { EventEmitter, once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeId, newId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { recordAttempts } from '@posthorn/database/deliveries';
import { type Stack, startStack } from '@posthorn/local';
import { createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  patientClient,
  type Receiver,
  type RecordedRequest,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { acceptInOrder, type OrderedEvent, storeInOrder } from './ordered-events.js';

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
let database: Database;
let queue: DeliveryQueue;
let receiver: Receiver;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, workers: 2, servers });
  api = patientClient(stack.apiUrl, stack.adminKey);
  database = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e' });
  queue = await createDeliveryQueue({ redisUrl: stack.redisUrl, prefix: stack.queuePrefix });
}, 120_000);

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  const { body } = await api.get('/v1/webhooks?limit=200');
  await Promise.all(body.data.map(({ id }: { id: string }) => api.delete(`/v1/webhooks/${id}`)));
  await receiver.close();
});

afterAll(async () => {
  await queue?.stop();
  await database?.stop();
  await stack?.stop();
  await servers?.drop();
});

const addWebhook = async (fields: Record<string, unknown> = {}): Promise<string> =>
  (await createActiveWebhook(api, receiver, { ordering: 'strict', eventTypes: ['none'], ...fields })).id;

const accept = (webhookId: string, events: OrderedEvent[]) =>
  acceptInOrder({ pool: database.pool, queue }, webhookId, events);

const range = (from: number, to: number, key?: string): OrderedEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    n: from + index,
    ...(key !== undefined && { key }),
  }));

const numberOf = (request: RecordedRequest): number => request.json().data.n as number;
const numbers = (): number[] => receiver.requests.map(numberOf);
/** In the order in which they arrived first. */
const firstArrivals = (): number[] => [...new Set(numbers())];
const arrived = (n: number, timeoutMs?: number) =>
  receiver.waitFor((requests) => requests.some((request) => numberOf(request) === n), timeoutMs);

const deliveryOf = async (id: string) => (await api.get(`/v1/deliveries/${encodeId('delivery', id)}`)).body;

const hasStatus = (id: string, status: string, reason: string | null = null) =>
  eventually(async () => expect(await deliveryOf(id)).toMatchObject({ status, reason }));

const retry = (id: string) => api.post(`/v1/deliveries/${encodeId('delivery', id)}/retry`);

/** Fails the first request of each of these numbers. */
function failOnce(...failing: number[]): void {
  const left = new Set(failing);
  receiver.handle((request) => (left.delete(numberOf(request)) ? { status: 500 } : {}));
}

describe('strict order', () => {
  it('sends an event only when the one before has succeeded, one request at a time', async () => {
    const webhookId = await addWebhook({ retrySchedule: [1] });
    let [running, most] = [0, 0];
    let fails = true;
    receiver.handle(async (request) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      const isFailure = numberOf(request) === 2 && fails;
      if (isFailure) fails = false;
      return { status: isFailure ? 503 : 200 };
    });
    await accept(webhookId, range(1, 6));
    await arrived(6);
    expect(numbers()).toEqual([1, 2, 2, 3, 4, 5, 6]);
    expect(most).toBe(1);
    expect(receiver.requests.map(({ headers }) => Number(headers['webhook-sequence']))).toEqual(numbers());
  });

  it('does not wait behind the jobs of a long lane for each event', async () => {
    const webhookId = await addWebhook();
    const gate = new EventEmitter();
    receiver.handle(async (request) => {
      if (numberOf(request) === 1) await once(gate, 'open');
      return {};
    });
    await accept(webhookId, range(1, 6));
    await arrived(1);
    // Each of these jobs ends when the worker finds no delivery.
    await queue.enqueue(
      Array.from({ length: 20_000 }, () => ({ deliveryId: newId(), lane: 'fast', released: true })),
    );
    gate.emit('open');
    await arrived(6);
    expect(await queue.fastLaneLength()).toBeGreaterThan(0);
    await eventually(async () => expect(await queue.fastLaneLength()).toBe(0), { timeoutMs: 60_000 });
  }, 90_000);

  it('sends the next one when the retries of one are exhausted', async () => {
    const webhookId = await addWebhook({ retrySchedule: [] });
    failOnce(1, 2);
    const [first = '', second = ''] = await accept(webhookId, range(1, 3));
    await arrived(3);
    expect(numbers()).toEqual([1, 2, 3]);
    for (const id of [first, second]) await hasStatus(id, 'failed', 'exhausted');
  });

  it('is kept over kills of workers', async () => {
    const webhookId = await addWebhook({ retrySchedule: [1, 1, 1, 1] });
    receiver.handle(() => ({ delayMs: 5 }));
    await accept(webhookId, range(1, 150));
    for (const [kill, index] of [0, 1].entries()) {
      await arrived(30 * (kill + 1), 60_000);
      stack.process('worker', index).kill('SIGKILL');
    }
    await arrived(150, 120_000);
    expect(firstArrivals()).toEqual(range(1, 150).map(({ n }) => n));
  }, 180_000);

  it('continues after a worker that was killed before it started the next one, and one that accepted none', async () => {
    const webhookId = await addWebhook();
    const [first = ''] = await storeInOrder(database.pool, webhookId, range(1, 3));
    const { rows } = await database.pool.query<{ next_attempt_at: Date }>(
      'SELECT next_attempt_at FROM pending_delivery WHERE id = $1',
      [first],
    );
    await recordAttempts(database.pool, [success(first, rows[0]?.next_attempt_at ?? null)]);
    await arrived(3, 60_000);
    expect(numbers()).toEqual([2, 3]);
  }, 90_000);

  it('ends the job of a delivery that waits without a request', async () => {
    const webhookId = await addWebhook();
    const release = new EventEmitter();
    receiver.handle(async (request) => {
      if (numberOf(request) === 1) await once(release, 'release');
      return {};
    });
    const [, second = ''] = await accept(webhookId, range(1, 2));
    await arrived(1);
    await queue.enqueue([{ deliveryId: second, lane: 'fast' }]);
    await eventually(async () => expect(await queue.findMissingJobs([second])).toEqual(new Set([second])));
    expect(numbers()).toEqual([1]);
    release.emit('release');
    await arrived(2);
  });
});

/** Returns a recorded success of a first attempt. */
const success = (deliveryId: string, dueAt: Date | null) => ({
  id: deliveryId,
  deliveryId,
  epoch: 0,
  dueAt,
  startedAt: new Date(),
  durationMs: 1,
  responseStatus: 200,
  responseBody: '',
  responseHeaders: null,
  errorCode: null,
  errorMessage: null,
  status: 'succeeded' as const,
  reason: null,
  retryDelayMs: null,
  isExhausted: false,
  isUnscheduled: false,
  parked: false,
  formatId: null,
});

describe('order by key', () => {
  it('sends keys at the same time', async () => {
    const webhookId = await addWebhook({ ordering: 'byKey' });
    const release = new EventEmitter();
    receiver.handle(async (request) => {
      if (numberOf(request) === 1) await once(release, 'release');
      return {};
    });
    await accept(webhookId, [...range(1, 3, 'a'), ...range(11, 13, 'b')]);
    await arrived(13);
    expect(firstArrivals().filter((n) => n < 10)).toEqual([1]);
    release.emit('release');
    await arrived(3);
    expect(firstArrivals().filter((n) => n < 10)).toEqual([1, 2, 3]);
    expect(firstArrivals().filter((n) => n > 10)).toEqual([11, 12, 13]);
  });

  it('blocks only the key that fails, which uses neither jobs nor slots', async () => {
    const webhookId = await addWebhook({ ordering: 'byKey', retrySchedule: [3600], maxInFlight: 1 });
    receiver.handle((request) => (numberOf(request) === 1 ? { status: 500 } : {}));
    const blocked = await accept(webhookId, range(1, 100, 'a'));
    await eventually(async () =>
      expect(await deliveryOf(blocked[0] ?? '')).toMatchObject({ status: 'pending', attemptCount: 1 }),
    );
    await accept(webhookId, range(101, 120, 'b'));
    await arrived(120);
    expect(numbers()).toEqual([1, ...range(101, 120).map(({ n }) => n)]);
    await eventually(async () => expect(await queue.findMissingJobs(blocked)).toEqual(new Set(blocked)));
  });
});

describe('a delivery that blocks others', () => {
  it('is retried further until its receiver responds again, if its webhook says so', async () => {
    const webhookId = await addWebhook({ retrySchedule: [1], onExhausted: 'block' });
    let isDown = true;
    receiver.handle(() => ({ status: isDown ? 500 : 200 }));
    await accept(webhookId, range(1, 2));
    await receiver.waitFor(4);
    expect(numbers()).toEqual([1, 1, 1, 1]);
    isDown = false;
    await arrived(2);
    expect(firstArrivals()).toEqual([1, 2]);
  });

  it('is skipped when it has blocked them for too long', async () => {
    const webhookId = await addWebhook({ retrySchedule: [1, 3600], maxBlockedMinutes: 60 });
    const release = new EventEmitter();
    receiver.handle(async (request) => {
      if (numberOf(request) !== 1) return {};
      if (numbers().filter((n) => n === 1).length === 2) await once(release, 'release');
      return { status: 500 };
    });
    const [first = ''] = await accept(webhookId, range(1, 2));
    await receiver.waitFor(2);
    // The worker has read the delivery. Its first attempt was an hour ago for the next one.
    await database.pool.query(
      `UPDATE earlier_attempt SET started_at = started_at - interval '1 hour' WHERE delivery_id = $1`,
      [first],
    );
    release.emit('release');
    await eventually(async () => expect(await deliveryOf(first)).toMatchObject({ attemptCount: 2 }));
    expect((await retry(first)).status).toBe(202);
    await arrived(2);
    expect(numbers()).toEqual([1, 1, 1, 2]);
    await hasStatus(first, 'dropped', 'skipped');
  });
});

describe('what changes order', () => {
  it('a suspension drops the waiting deliveries, and the order continues after it', async () => {
    const webhookId = await addWebhook({ retrySchedule: [3600] });
    receiver.handle((request) => (numberOf(request) === 1 ? { status: 500 } : {}));
    const before = await accept(webhookId, range(1, 20));
    await arrived(1);
    expect((await api.post(`/v1/webhooks/${webhookId}/suspend`)).status).toBe(200);
    for (const id of before) await hasStatus(id, 'dropped', 'suspended');
    expect((await api.post(`/v1/webhooks/${webhookId}/reactivate`)).status).toBe(200);
    await accept(webhookId, range(21, 25));
    await arrived(25);
    expect(numbers()).toEqual([1, 21, 22, 23, 24, 25]);
  });

  it('a replay is in order itself, beside live events that wait for none of it', async () => {
    const webhookId = await addWebhook();
    const settled = await accept(webhookId, range(1, 30));
    await arrived(30);
    for (const id of settled) await hasStatus(id, 'succeeded');
    receiver.requests.length = 0;

    const release = new EventEmitter();
    receiver.handle(async (request) => {
      if (numberOf(request) === 1) await once(release, 'release');
      return {};
    });
    const span = { from: '2026-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
    const replay = await api.post(`/v1/webhooks/${webhookId}/replay`, span);
    expect(replay.status).toBe(202);
    await arrived(1);
    await accept(webhookId, range(101, 103));
    await arrived(103);
    expect(numbers()).toEqual([1, 101, 102, 103]);
    release.emit('release');
    await arrived(30);
    expect(numbers().filter((n) => n < 100)).toEqual(range(1, 30).map(({ n }) => n));
    await eventually(async () =>
      expect((await api.get(`/v1/replays/${replay.body.id}`)).body).toMatchObject({ status: 'completed' }),
    );
  });

  it('a single retry is sent although another delivery blocks the others, which cannot be retried', async () => {
    const webhookId = await addWebhook({ retrySchedule: [3600] });
    receiver.handle((request) => (numberOf(request) === 2 ? { status: 500 } : {}));
    const [first = '', second = '', third = ''] = await accept(webhookId, range(1, 3));
    await arrived(2);
    await eventually(async () => expect(await deliveryOf(second)).toMatchObject({ attemptCount: 1 }));
    expect((await retry(third)).status).toBe(409);
    expect((await retry(first)).status).toBe(202);
    await receiver.waitFor(3);
    expect(numbers()).toEqual([1, 2, 1]);
    receiver.handle(() => ({}));
    expect((await retry(second)).status).toBe(202);
    await arrived(3);
    expect(numbers()).toEqual([1, 2, 1, 2, 3]);
  });
});
