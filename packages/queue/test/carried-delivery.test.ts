import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { currentMoment, newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import type { JustStored, TaskResult } from '../src/index.js';
import { startWorker, useQueue } from './fixtures/use-queue.js';

const inUse = useQueue();

const stored = (changes: Partial<JustStored> = {}): JustStored => ({
  eventId: newId(),
  webhookId: newId(),
  webhookVersion: '700',
  epoch: 3,
  nextAttemptAt: new Date('2026-01-31T12:00:00.123Z'),
  eventType: 'invoice.paid',
  body: '{"id":"evt_1","data":"\\u0000 \\" ünï"}',
  traceContext: null,
  attributes: null,
  readAt: currentMoment(),
  ...changes,
});

const jobKey = (deliveryId: string) => `${inUse.prefix}:deliveries-fast:d_${deliveryId}`;
const dataOf = (deliveryId: string) => inUse.redis.hget(jobKey(deliveryId), 'data');

/** Adds the job of a new delivery, and returns the id of the delivery. */
async function enqueue(delivery: JustStored, lane: 'fast' | 'slow' = 'fast'): Promise<string> {
  const deliveryId = newId();
  await inUse.queue.enqueue([{ deliveryId, lane, stored: delivery }]);
  return deliveryId;
}

/** Adds jobs until one carries its delivery: the queue asks Redis for its time in the background. */
async function enqueueCarried(changes: Partial<JustStored> = {}) {
  return eventually(async () => {
    const delivery = stored(changes);
    const deliveryId = await enqueue(delivery);
    expect(await dataOf(deliveryId)).not.toBe('{}');
    return { deliveryId, delivery };
  });
}

async function carriedBy(deliveryId: string, run?: () => Promise<TaskResult>) {
  const worker = await startWorker(inUse, run);
  return eventually(() => {
    const tasks = worker.tasks.filter((task) => task.deliveryId === deliveryId);
    expect(tasks).not.toEqual([]);
    return tasks.map(({ carried }) => carried);
  });
}

describe('a carried delivery', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it.each<Partial<JustStored>>([
    {},
    { traceContext: { traceparent, tracestate: 'a=b' } },
    { attributes: { idempotencyKey: 'order-17', metadata: { source: 'billing' } } },
    { attributes: { metadata: { source: 'billing' } } },
  ])('reaches the worker as it was stored, with %j', async (fields) => {
    const { deliveryId, delivery } = await enqueueCarried(fields);
    const [carried] = await carriedBy(deliveryId);
    const { readAt: _readAt, ...expected } = delivery;
    expect(carried?.delivery).toEqual(expected);
  });

  it('reaches a worker together with what wakes it', async () => {
    const worker = await startWorker(inUse, () => Promise.resolve({ reschedule: null, isSettled: true }));
    for (let n = 1; n <= 20; n += 1) {
      await enqueue(stored());
      await worker.waitForTasks(n);
      await sleep(5);
    }
    // The first one carries nothing, nor does one after a pause of the machine.
    expect(worker.tasks.filter(({ carried }) => carried !== null).length).toBeGreaterThan(10);
  });

  it('is dated not later than its statement, by both clocks of the worker', async () => {
    const { deliveryId, delivery } = await enqueueCarried();
    await sleep(300);
    const [carried] = await carriedBy(deliveryId);
    const early = {
      monotonicMs: delivery.readAt.monotonicMs - (carried?.readAt.monotonicMs ?? Number.NaN),
      wallMs: delivery.readAt.wallMs - (carried?.readAt.wallMs ?? Number.NaN),
    };
    // The clocks are read one after the other.
    expect(Math.min(early.monotonicMs, early.wallMs)).toBeGreaterThan(-2);
    expect(Math.max(early.monotonicMs, early.wallMs)).toBeLessThan(5000);
  });

  it('counts in the first run of its job only', async () => {
    const { deliveryId } = await enqueueCarried();
    const runs = new Map<string, boolean[]>();
    await startWorker(inUse, ({ deliveryId: id, carried }) => {
      const ofDelivery = [...(runs.get(id) ?? []), carried !== null];
      runs.set(id, ofDelivery);
      return Promise.resolve({ reschedule: ofDelivery.length < 3 ? { delayMs: 1, lane: 'fast' } : null });
    });
    await eventually(() => expect(runs.get(deliveryId)).toEqual([true, false, false]));
  });

  it('does not count after its worker died', async () => {
    const { deliveryId } = await enqueueCarried();
    await inUse.redis.hset(jobKey(deliveryId), 'ats', 1);
    expect(await carriedBy(deliveryId)).toEqual([null]);
  });

  it('does not count on another server, such as after a restart or failover', async () => {
    const { deliveryId } = await enqueueCarried();
    const data = JSON.parse((await dataOf(deliveryId)) ?? '') as object;
    await inUse.redis.hset(
      jobKey(deliveryId),
      'data',
      JSON.stringify({ ...data, redisRunId: '0'.repeat(40) }),
    );
    expect(await carriedBy(deliveryId)).toEqual([null]);
  });

  it.each([
    ['no JSON', () => '{'],
    ['not a delivery', () => '{"body":"{}"}'],
    ['too long', (data: string) => data.replace('"body":"', `"body":"${'x'.repeat(4097)}`)],
  ])('is ignored if its data is %s', async (_case, change) => {
    const { deliveryId } = await enqueueCarried();
    await inUse.redis.hset(jobKey(deliveryId), 'data', change((await dataOf(deliveryId)) ?? ''));
    expect(await carriedBy(deliveryId)).toEqual([null]);
  });
});

describe('a job', () => {
  it('carries nothing in another lane, or with a large body', async () => {
    await enqueueCarried();
    const slow = await enqueue(stored(), 'slow');
    expect(await inUse.redis.hget(`${inUse.prefix}:deliveries-slow:d_${slow}`, 'data')).toBe('{}');
    expect(await dataOf(await enqueue(stored({ body: 'x'.repeat(4097) })))).toBe('{}');
  });

  it('carries nothing while many jobs wait', async () => {
    await enqueueCarried();
    const ids: string[] = [];
    for (let index = 0; index < 300; index += 1) ids.push(await enqueue(stored()));
    const data = await Promise.all(ids.map(dataOf));
    expect(data.filter((text) => text !== '{}').length).toBeLessThan(150);
    expect(data.at(-1)).toBe('{}');
  });
});
