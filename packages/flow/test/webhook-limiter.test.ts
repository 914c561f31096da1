import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FlowSignal } from '../src/slots/congestion-window.js';
import { SLOT_LEASE_MS } from '../src/slots/slot-store.js';
import { FakeSlotStore } from './fixtures/fake-slot-store.js';
import { advance, flushPromises, useFakeTime } from '@posthorn/testkit/fake-time';
import { webhookWith, SimulatedWorker } from './fixtures/simulated-worker.js';

let store: FakeSlotStore;
let worker: SimulatedWorker;
beforeEach(() => {
  useFakeTime();
  store = new FakeSlotStore(() => Date.now());
  worker = new SimulatedWorker(store, 'a');
});
afterEach(() => {
  jest.useRealTimers();
});

const RESPONSE: FlowSignal = { kind: 'response', latencyMs: 20 };
const congestion = (): FlowSignal => ({ kind: 'congestion', startedAtMs: Date.now(), retryAfterMs: null });
const webhooks = (count: number) => Array.from({ length: count }, () => webhookWith({ id: randomUUID() }));

/** Calls `then` after the given number of microtasks. */
async function afterMicrotasks(count: number, then: () => void): Promise<void> {
  for (let n = 0; n < count; n += 1) await Promise.resolve();
  then();
}

describe('requests to the store', () => {
  it('sync all due webhooks together', async () => {
    const many = webhooks(20);
    for (const webhook of many) worker.acquireMany(3, webhook);
    await advance(1);
    expect(worker.inFlight).toBe(60);
    expect(store.calls.map(({ requests }) => requests.length)).toEqual([20]);
  });

  it('sync at most 200 webhooks', async () => {
    for (const webhook of webhooks(450)) void worker.acquire(webhook);
    await advance(1);
    expect(worker.inFlight).toBe(450);
    expect(store.calls.map(({ requests }) => requests.length)).toEqual([200, 200, 50]);
  });

  it('are made one at a time and collect what becomes due in the meantime', async () => {
    store.latencyMs = 20;
    const webhook = webhookWith();
    for (let n = 0; n < 10; n += 1) {
      void worker.acquire(webhook);
      await advance(1, 1);
    }
    await advance(60);
    expect(worker.inFlight).toBe(10);
    expect(store.calls.slice(0, 2).map(({ requests }) => requests[0]?.fresh)).toEqual([1, 9]);
  });

  it('follow immediately for a webhook that becomes due when one ends', async () => {
    for (let microtasks = 0; microtasks < 12; microtasks += 1) {
      let webhook: ReturnType<typeof webhookWith> | null = webhookWith({ id: randomUUID() });
      const replying = new FakeSlotStore(() => Date.now());
      const one = new SimulatedWorker(replying, 'a');
      jest.spyOn(replying, 'syncSlots').mockImplementation(async function syncSlots(name, requests) {
        const replies = await FakeSlotStore.prototype.syncSlots.call(replying, name, requests);
        void afterMicrotasks(microtasks, () => {
          if (webhook) void one.acquire(webhook);
          webhook = null;
        });
        return replies;
      });
      void one.acquire(webhookWith());
      await advance(3, 1);
      expect(one.inFlight).toBe(2);
    }
  });

  it('follow immediately when another worker changed the flow state first', async () => {
    const webhook = webhookWith();
    void worker.acquire(webhook);
    await advance(3, 1);
    store.setState(webhook, { window: 50 });
    worker.finish(congestion());
    await advance(3, 1);
    expect(store.stateOf(webhook)).toMatchObject({ window: 25, strikes: 1 });
  });

  it('report the response to a single delivery when they return its slot', async () => {
    void worker.acquire(webhookWith());
    await advance(5);
    worker.finish(RESPONSE);
    await advance(1000);
    expect(store.calls.map(({ requests }) => requests[0])).toMatchObject([
      { leased: 0, fresh: 1, update: null },
      { leased: 0, fresh: 0, update: { state: { latencyMs: 20 } } },
    ]);
  });

  it('are made every second tick for a webhook with steady deliveries', async () => {
    for (let n = 0; n < 50; n += 1) {
      void worker.acquire(webhookWith());
      await advance(5);
      worker.finish(RESPONSE);
      await advance(15);
    }
    // In one second.
    expect(store.calls.length).toBeLessThanOrEqual(1000 / 50 + 2);
  });

  it('are not made without changes', async () => {
    worker.acquireMany(2, webhookWith());
    await advance(1000);
    expect(store.calls).toHaveLength(1);
  });
});

describe('slots', () => {
  it('of a long request are renewed before their lease expires', async () => {
    const webhook = webhookWith({ maxInFlight: 1 });
    const other = new SimulatedWorker(store, 'b');
    void worker.acquire(webhook);
    await advance(1);
    for (let waitedMs = 0; waitedMs < 3 * SLOT_LEASE_MS; waitedMs += 500) {
      void other.acquire(webhook, { released: true });
      await advance(500, 25);
    }
    expect(other.inFlight).toBe(0);
  });

  it('pass to another worker soon after they become idle', async () => {
    const webhook = webhookWith({ maxInFlight: 2 });
    const other = new SimulatedWorker(store, 'b');
    worker.acquireMany(2, webhook);
    await advance(5);
    other.acquireMany(2, webhook);
    await advance(200);
    expect(other.inFlight).toBe(0);
    worker.finishAll(RESPONSE);
    await advance(100);
    expect(other.inFlight).toBe(2);
  });

  it('are returned by all workers when the window has shrunk', async () => {
    const webhook = webhookWith();
    const other = new SimulatedWorker(store, 'b');
    worker.acquireMany(5, webhook);
    other.acquireMany(5, webhook);
    await advance(5);
    // With strikes the window grows slowly.
    store.setState(webhook, { window: 3, strikes: 8 });
    worker.acquireMany(20, webhook);
    other.acquireMany(20, webhook);
    await advance(5);
    expect(worker.inFlight + other.inFlight).toBe(10);
    for (let n = 0; n < 4; n += 1) {
      worker.finish(RESPONSE);
      other.finish(RESPONSE);
    }
    await advance(50);
    const { window } = store.stateOf(webhook);
    expect(window).toBeLessThan(6);
    expect(worker.inFlight + other.inFlight).toBe(Math.floor(window));
  });

  it.each([
    ['epoch', { epoch: 2 }],
    ['URL', { validatedAt: new Date() }],
  ])('are separate for each %s', async (_what, changes) => {
    const webhook = webhookWith({ maxInFlight: 1 });
    void worker.acquire(webhook);
    void worker.acquire({ ...webhook, ...changes });
    await advance(1);
    expect(worker.inFlight).toBe(2);
  });

  it('follow the latest maxInFlight', async () => {
    const webhook = webhookWith({ maxInFlight: 1 });
    void worker.acquire(webhook);
    await advance(1);
    void worker.acquire({ ...webhook, maxInFlight: 3 });
    void worker.acquire({ ...webhook, maxInFlight: 3 });
    await advance(1);
    expect(worker.inFlight).toBe(3);
    // The end of a request with an older read does not change maxInFlight.
    worker.finish(RESPONSE);
    worker.limiter.reportOverdue(webhook);
    worker.limiter.reportHeld(webhook, { released: false });
    worker.acquireMany(2, { ...webhook, maxInFlight: 3 }, { released: true });
    await advance(5);
    expect(worker.inFlight).toBe(3);
  });
});

describe('the slow lane', () => {
  it('is entered once and left once', async () => {
    const webhook = webhookWith();
    worker.acquireMany(8, webhook);
    await advance(1);
    for (let n = 0; n < 4; n += 1) worker.limiter.reportOverdue(webhook);
    await advance(5);
    expect(worker.slowSet).toEqual([true]);
    // These requests were read before.
    for (let n = 0; n < 4; n += 1) {
      worker.finish(RESPONSE);
      await advance(30);
    }
    expect(worker.slowSet).toEqual([true, false]);
    worker.finishAll(RESPONSE);
    await advance(100);
    expect(worker.slowSet).toEqual([true, false]);
  });

  it('is left by a webhook without strikes', async () => {
    void worker.acquire(webhookWith({ isSlow: true }));
    await advance(5);
    expect(worker.slowSet).toEqual([false]);
  });

  it('is kept by a webhook with strikes', async () => {
    const webhook = webhookWith({ isSlow: true });
    store.setState(webhook, { strikes: 2 });
    void worker.acquire(webhook);
    await advance(5);
    expect(worker.slowSet).toEqual([]);
  });
});

describe('held deliveries', () => {
  it('come first for a webhook with strikes, on every worker', async () => {
    const webhook = webhookWith();
    store.setState(webhook, { strikes: 1 });
    const other = new SimulatedWorker(store, 'b');
    worker.limiter.reportHeld(webhook, { released: false });
    await advance(5);
    expect(store.isHeld(webhook)).toBe(true);
    other.acquireMany(3, webhook);
    other.acquireMany(2, webhook, { released: true });
    await advance(5);
    expect(other).toMatchObject({ inFlight: 2, held: 3, waiting: 0 });
    store.setHeld(webhook, false);
    await advance(50);
    store.setHeld(webhook, false);
    void other.acquire(webhook);
    await advance(5);
    expect(other.inFlight).toBe(3);
  });
});

describe('the fence', () => {
  const fence = { epoch: 2, isDeleted: false };

  it('refuses an epoch below it within 50 ms, on every worker, and admits the next epoch', async () => {
    const webhook = webhookWith({ epoch: 1 });
    const other = new SimulatedWorker(store, 'b');
    for (const one of [worker, other]) one.acquireMany(3, webhook);
    await advance(5);
    store.raiseFence(webhook, fence);
    await advance(51);
    for (const { limiter } of [worker, other]) {
      for (const released of [false, true]) {
        const decision = limiter.acquire(webhook, { released, lane: 'fast' });
        const confirmed = limiter.confirm(webhook);
        await advance(5);
        const refused = { fence: { id: webhook.id, ...fence } };
        expect(await Promise.all([decision, confirmed])).toEqual([refused, refused]);
      }
    }
    void worker.acquire({ ...webhook, epoch: 2 });
    await advance(5);
    expect(worker.inFlight).toBe(4);
  });

  it('leaves nothing behind once the requests have ended', async () => {
    const webhook = webhookWith({ epoch: 1 });
    worker.acquireMany(3, webhook);
    await advance(5);
    store.raiseFence(webhook, fence);
    worker.acquireMany(20, webhook);
    await advance(100);
    worker.finishAll(RESPONSE);
    await advance(200);
    expect(worker.waiting).toBe(0);
    expect(worker.limiter.flowStates()).toEqual([]);
    expect(store.inFlight(webhook)).toBe(0);
  });

  it('is not known after the limiter has stopped', async () => {
    await worker.limiter.stop();
    expect(await worker.limiter.confirm(webhookWith())).toBe('deferred');
  });
});

describe('while the store is unavailable', () => {
  it('deliveries are deferred after the maximum wait, and the sync is retried until it succeeds', async () => {
    const webhook = webhookWith();
    store.condition = 'unavailable';
    worker.acquireMany(3, webhook);
    await advance(1900, 25);
    expect(worker).toMatchObject({ waiting: 3, held: 0 });
    await advance(200, 25);
    expect(worker).toMatchObject({ waiting: 0, held: 3 });
    expect(worker.errors.length).toBeGreaterThan(3);
    expect(worker.errors.length).toBeLessThan(8);

    store.condition = 'available';
    await advance(600, 25);
    worker.acquireMany(2, webhook, { released: true });
    await advance(5);
    expect(worker.inFlight).toBe(2);
  });

  it('held deliveries are reported later', async () => {
    const webhook = webhookWith();
    store.condition = 'unavailable';
    worker.limiter.reportHeld(webhook, { released: false });
    await advance(20);
    expect(worker.errors).toHaveLength(1);
    store.condition = 'available';
    await advance(600, 25);
    expect(store.isHeld(webhook)).toBe(true);
  });

  it('leased slots still pass from one delivery to the next', async () => {
    const webhook = webhookWith();
    worker.acquireMany(2, webhook);
    await advance(5);
    store.condition = 'unavailable';
    for (let n = 0; n < 5; n += 1) {
      worker.finish(RESPONSE);
      void worker.acquire(webhook);
      await advance(30);
    }
    expect(worker).toMatchObject({ inFlight: 2, waiting: 0 });
    expect(worker.startedAtMs).toHaveLength(7);
  });

  it('nothing that has to be reported is lost', async () => {
    const webhook = webhookWith();
    worker.acquireMany(3, webhook);
    await advance(5);
    store.condition = 'reply lost';
    worker.finishAll(RESPONSE);
    await advance(1000, 25);
    store.condition = 'available';
    await advance(700, 25);
    expect(store.inFlight(webhook)).toBe(0);
    expect(store.endedWaits(webhook)).toBeGreaterThanOrEqual(3);
    expect(store.stateOf(webhook).window).toBeGreaterThanOrEqual(13);
  });

  it('leased slots are restored after a flush', async () => {
    const webhook = webhookWith();
    worker.acquireMany(4, webhook);
    await advance(5);
    store.flush();
    worker.finish(RESPONSE);
    worker.acquireMany(20, webhook);
    await advance(50);
    expect(worker.inFlight).toBe(11);
    expect(store.inFlight(webhook)).toBe(11);
  });
});

describe('stop', () => {
  it('returns the slots of all webhooks', async () => {
    const many = webhooks(450);
    for (const webhook of many) void worker.acquire(webhook);
    await advance(1);
    worker.finishAll(RESPONSE);
    await worker.limiter.stop();
    expect(many.filter((webhook) => store.inFlight(webhook) > 0)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is safe to call twice', async () => {
    void worker.acquire(webhookWith());
    await advance(5);
    worker.finish(RESPONSE);
    await Promise.all([worker.limiter.stop(), worker.limiter.stop()]);
    const { length } = store.calls;
    await worker.limiter.stop();
    expect(store.calls).toHaveLength(length);
  });

  it('waits for the request in flight before the last one', async () => {
    const webhook = webhookWith();
    store.latencyMs = 40;
    void worker.acquire(webhook);
    await advance(20);
    const stopped = worker.limiter.stop();
    await advance(100);
    await stopped;
    expect(worker).toMatchObject({ inFlight: 0, waiting: 0, held: 1 });
    expect(store.inFlight(webhook)).toBe(0);
  });

  it('defers waiting and later deliveries', async () => {
    const webhook = webhookWith({ maxInFlight: 1 });
    worker.acquireMany(3, webhook);
    await advance(5);
    expect(worker.waiting).toBe(2);
    await worker.limiter.stop();
    await flushPromises();
    expect(worker).toMatchObject({ inFlight: 1, waiting: 0, held: 2 });
    void worker.acquire(webhook);
    void worker.acquire(webhookWith({ id: randomUUID() }));
    await flushPromises();
    expect(worker).toMatchObject({ inFlight: 1, waiting: 0, held: 4 });
    worker.finish(RESPONSE);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not wait for an unavailable store', async () => {
    void worker.acquire(webhookWith());
    await advance(5);
    store.condition = 'unavailable';
    worker.finish(congestion());
    await advance(1);
    await worker.limiter.stop();
    const { length } = worker.errors;
    await advance(2000, 25);
    expect(worker.errors).toHaveLength(length);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('flowStates', () => {
  it('returns the state of each webhook with slots', async () => {
    const { limiter } = worker;
    const [one, two] = [webhookWith(), webhookWith({ id: randomUUID() })];
    worker.acquireMany(2, one);
    void worker.acquire(two);
    await advance(5);
    expect(limiter.flowStates().map(({ webhookId }) => webhookId)).toEqual([one.id, two.id]);
    worker.finishAll(RESPONSE);
    await advance(200);
    expect(limiter.flowStates()).toEqual([]);
  });
});

describe('isResponsive', () => {
  it('is true from the first response on, until there is a strike', async () => {
    const { limiter } = worker;
    const webhook = webhookWith();
    worker.acquireMany(4, webhook);
    await advance(5);
    expect(limiter.isResponsive(webhook)).toBe(false);
    worker.finish(RESPONSE);
    await advance(50);
    expect(limiter.isResponsive(webhook)).toBe(true);
    limiter.reportOverdue(webhook);
    await advance(50);
    expect(limiter.isResponsive(webhook)).toBe(false);
    worker.finish(RESPONSE);
    await advance(50);
    expect(limiter.isResponsive(webhook)).toBe(true);
  });
});
