import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FlowSignal } from '../src/congestion-window.js';
import { SLOT_LEASE_MS } from '../src/slot-store.js';
import { FakeSlotStore } from './fixtures/fake-slot-store.js';
import { advance, flushPromises, useFakeTime } from './fixtures/fake-time.js';
import { webhookLike, SimulatedWorker } from './fixtures/simulated-worker.js';

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
const webhooks = (count: number) => Array.from({ length: count }, () => webhookLike({ id: randomUUID() }));

/** Does something when the promises that are settled by now have had so many turns. */
async function afterTurns(turns: number, then: () => void): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  then();
}

describe('the calls to the store', () => {
  it('are for all webhooks together', async () => {
    const many = webhooks(20);
    for (const webhook of many) worker.takes(3, webhook);
    await advance(1);
    expect(worker.inFlight).toBe(60);
    expect(store.calls.map(({ requests }) => requests.length)).toEqual([20]);
  });

  it('are for 200 webhooks at most', async () => {
    for (const webhook of webhooks(450)) void worker.take(webhook);
    await advance(1);
    expect(worker.inFlight).toBe(450);
    expect(store.calls.map(({ requests }) => requests.length)).toEqual([200, 200, 50]);
  });

  it('are made one at a time: what comes meanwhile goes into the next', async () => {
    store.latencyMs = 20;
    const webhook = webhookLike();
    for (let n = 0; n < 10; n += 1) {
      void worker.take(webhook);
      await advance(1, 1);
    }
    await advance(60);
    expect(worker.inFlight).toBe(10);
    expect(store.calls.slice(0, 2).map(({ requests }) => requests[0]?.fresh)).toEqual([1, 9]);
  });

  it('follow at once for what becomes due just as one ends', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      let webhook: ReturnType<typeof webhookLike> | null = webhookLike({ id: randomUUID() });
      const answering = new FakeSlotStore(() => Date.now());
      const one = new SimulatedWorker(answering, 'a');
      jest.spyOn(answering, 'syncSlots').mockImplementation(async function syncSlots(name, requests) {
        const replies = await FakeSlotStore.prototype.syncSlots.call(answering, name, requests);
        void afterTurns(turns, () => {
          if (webhook) void one.take(webhook);
          webhook = null;
        });
        return replies;
      });
      void one.take(webhookLike());
      await advance(3, 1);
      expect(one.inFlight).toBe(2);
    }
  });

  it('follow at once when another worker had written its state before', async () => {
    const webhook = webhookLike();
    void worker.take(webhook);
    await advance(3, 1);
    store.setState(webhook, { window: 50 });
    worker.finish(congestion());
    await advance(3, 1);
    expect(store.stateOf(webhook)).toMatchObject({ window: 25, strikes: 1 });
  });

  it('are not made while nothing changes', async () => {
    worker.takes(2, webhookLike());
    await advance(1000);
    expect(store.calls).toHaveLength(1);
  });
});

describe('slots', () => {
  it('of a request that takes long are kept past their lease', async () => {
    const webhook = webhookLike({ maxInFlight: 1 });
    const other = new SimulatedWorker(store, 'b');
    void worker.take(webhook);
    await advance(1);
    for (let waitedMs = 0; waitedMs < 3 * SLOT_LEASE_MS; waitedMs += 500) {
      void other.take(webhook, { released: true });
      await advance(500, 25);
    }
    expect(other.inFlight).toBe(0);
  });

  it('go to another worker within a moment when they are not needed any more', async () => {
    const webhook = webhookLike({ maxInFlight: 2 });
    const other = new SimulatedWorker(store, 'b');
    worker.takes(2, webhook);
    await advance(5);
    other.takes(2, webhook);
    await advance(200);
    expect(other.inFlight).toBe(0);
    worker.finishAll(RESPONSE);
    await advance(100);
    expect(other.inFlight).toBe(2);
  });

  it('are fewer when the window has shrunk, for all workers', async () => {
    const webhook = webhookLike();
    const other = new SimulatedWorker(store, 'b');
    worker.takes(5, webhook);
    other.takes(5, webhook);
    await advance(5);
    // Many signs of trouble: it grows slowly now.
    store.setState(webhook, { window: 3, strikes: 8 });
    worker.takes(20, webhook);
    other.takes(20, webhook);
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
    ['after a suspension', { epoch: 2 }],
    ['at another URL', { validatedAt: new Date() }],
  ])('are others %s', async (_when, changes) => {
    const webhook = webhookLike({ maxInFlight: 1 });
    void worker.take(webhook);
    void worker.take({ ...webhook, ...changes });
    await advance(1);
    expect(worker.inFlight).toBe(2);
  });

  it('follow what the owner allows by now', async () => {
    const webhook = webhookLike({ maxInFlight: 1 });
    void worker.take(webhook);
    await advance(1);
    void worker.take({ ...webhook, maxInFlight: 3 });
    void worker.take({ ...webhook, maxInFlight: 3 });
    await advance(1);
    expect(worker.inFlight).toBe(3);
    // A request that was read long ago ends, and says nothing of what is allowed.
    worker.finish(RESPONSE);
    worker.limiter.reportOverdue(webhook);
    worker.limiter.reportHeld(webhook);
    worker.takes(2, { ...webhook, maxInFlight: 3 }, { released: true });
    await advance(5);
    expect(worker.inFlight).toBe(3);
  });
});

describe('the slow lane', () => {
  it('is entered once, and left once', async () => {
    const webhook = webhookLike();
    worker.takes(8, webhook);
    await advance(1);
    for (let n = 0; n < 4; n += 1) worker.limiter.reportOverdue(webhook);
    await advance(5);
    expect(worker.slowSet).toEqual([true]);
    // They were read before.
    for (let n = 0; n < 4; n += 1) {
      worker.finish(RESPONSE);
      await advance(30);
    }
    expect(worker.slowSet).toEqual([true, false]);
    worker.finishAll(RESPONSE);
    await advance(100);
    expect(worker.slowSet).toEqual([true, false]);
  });

  it('is left by a webhook that nothing bad is known of any more', async () => {
    void worker.take(webhookLike({ isSlow: true }));
    await advance(5);
    expect(worker.slowSet).toEqual([false]);
  });

  it('is kept by one that is still slow', async () => {
    const webhook = webhookLike({ isSlow: true });
    store.setState(webhook, { strikes: 2 });
    void worker.take(webhook);
    await advance(5);
    expect(worker.slowSet).toEqual([]);
  });
});

describe('deliveries that were held', () => {
  it('go before all others of a webhook in trouble, on every worker', async () => {
    const webhook = webhookLike();
    store.setState(webhook, { strikes: 1 });
    const other = new SimulatedWorker(store, 'b');
    worker.limiter.reportHeld(webhook);
    await advance(5);
    expect(store.isHeld(webhook)).toBe(true);
    other.takes(3, webhook);
    other.takes(2, webhook, { released: true });
    await advance(5);
    expect(other).toMatchObject({ inFlight: 2, held: 3, waiting: 0 });
    store.setHeld(webhook, false);
    await advance(50);
    store.setHeld(webhook, false);
    void other.take(webhook);
    await advance(5);
    expect(other.inFlight).toBe(3);
  });
});

describe('while the store is away', () => {
  it('deliveries are held in time, and it is asked again until it is back', async () => {
    const webhook = webhookLike();
    store.mood = 'away';
    worker.takes(3, webhook);
    await advance(1900, 25);
    expect(worker).toMatchObject({ waiting: 3, held: 0 });
    await advance(200, 25);
    expect(worker).toMatchObject({ waiting: 0, held: 3 });
    expect(worker.errors.length).toBeGreaterThan(3);
    expect(worker.errors.length).toBeLessThan(8);

    store.mood = 'well';
    await advance(600, 25);
    worker.takes(2, webhook, { released: true });
    await advance(5);
    expect(worker.inFlight).toBe(2);
  });

  it('what was held then is told of later', async () => {
    const webhook = webhookLike();
    store.mood = 'away';
    worker.limiter.reportHeld(webhook);
    await advance(20);
    expect(worker.errors).toHaveLength(1);
    store.mood = 'well';
    await advance(600, 25);
    expect(store.isHeld(webhook)).toBe(true);
  });

  it('slots that a worker has go on from one delivery to the next', async () => {
    const webhook = webhookLike();
    worker.takes(2, webhook);
    await advance(5);
    store.mood = 'away';
    for (let n = 0; n < 5; n += 1) {
      worker.finish(RESPONSE);
      void worker.take(webhook);
      await advance(30);
    }
    expect(worker).toMatchObject({ inFlight: 2, waiting: 0 });
    expect(worker.startedAtMs).toHaveLength(7);
  });

  it('nothing is forgotten that it must hear', async () => {
    const webhook = webhookLike();
    worker.takes(3, webhook);
    await advance(5);
    store.mood = 'answer lost';
    worker.finishAll(RESPONSE);
    await advance(1000, 25);
    store.mood = 'well';
    await advance(700, 25);
    expect(store.inFlight(webhook)).toBe(0);
    expect(store.started(webhook)).toBeGreaterThanOrEqual(3);
    expect(store.stateOf(webhook).window).toBeGreaterThanOrEqual(13);
  });

  it('that comes back empty, all goes on', async () => {
    const webhook = webhookLike();
    worker.takes(4, webhook);
    await advance(5);
    store.flush();
    worker.finish(RESPONSE);
    worker.takes(20, webhook);
    await advance(50);
    expect(worker.inFlight).toBe(11);
    expect(store.inFlight(webhook)).toBe(11);
  });
});

describe('the end', () => {
  it('gives everything back, of however many webhooks', async () => {
    const many = webhooks(450);
    for (const webhook of many) void worker.take(webhook);
    await advance(1);
    worker.finishAll(RESPONSE);
    await worker.limiter.stop();
    expect(many.filter((webhook) => store.inFlight(webhook) > 0)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends the wait for slots, and there is none any more', async () => {
    const webhook = webhookLike({ maxInFlight: 1 });
    worker.takes(3, webhook);
    await advance(5);
    expect(worker.waiting).toBe(2);
    await worker.limiter.stop();
    await flushPromises();
    expect(worker).toMatchObject({ inFlight: 1, waiting: 0, held: 2 });
    void worker.take(webhook);
    void worker.take(webhookLike({ id: randomUUID() }));
    await flushPromises();
    expect(worker).toMatchObject({ inFlight: 1, waiting: 0, held: 4 });
    worker.finish(RESPONSE);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not wait for a store that is away', async () => {
    void worker.take(webhookLike());
    await advance(5);
    store.mood = 'away';
    worker.finish(congestion());
    await advance(1);
    await worker.limiter.stop();
    const { length } = worker.errors;
    await advance(2000, 25);
    expect(worker.errors).toHaveLength(length);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a limiter', () => {
  it('counts for each webhook what it knows of it', async () => {
    const { limiter } = worker;
    const [one, two] = [webhookLike(), webhookLike({ id: randomUUID() })];
    worker.takes(2, one);
    void worker.take(two);
    await advance(5);
    expect(limiter.flowStates().map(({ webhookId }) => webhookId)).toEqual([one.id, two.id]);
    worker.finishAll(RESPONSE);
    await advance(200);
    expect(limiter.flowStates()).toEqual([]);
  });
});
