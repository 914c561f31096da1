import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Lane } from '@posthorn/core';
import { InvalidStateError } from '../src/slots/assert-state.js';
import { type FlowSignal, INITIAL_FLOW_STATE } from '../src/slots/congestion-window.js';
import type { SlotReply, SlotRequest } from '../src/slots/slot-messages.js';
import type { SlotDecision, SlotTask } from '../src/slots/waiting-deliveries.js';
import { WebhookSlots } from '../src/slots/webhook-slots.js';
import { flushPromises, START_MS, useFakeTime } from '@posthorn/testkit/fake-time';
import { webhookWith } from './fixtures/simulated-worker.js';

beforeEach(useFakeTime);
afterEach(() => {
  jest.useRealTimers();
});

const RESPONSE: FlowSignal = { kind: 'response', latencyMs: 20 };
const CONGESTION: FlowSignal = { kind: 'congestion', startedAtMs: START_MS, retryAfterMs: null };
const RATE_LIMITED = { rateLimit: { limit: 10, perSeconds: 1 } };

/** The slots of one webhook, with replies of the store that the test gives. */
class Harness {
  readonly slots: WebhookSlots;
  readonly decisions: SlotDecision[] = [];

  constructor(changes: Parameters<typeof webhookWith>[0] = {}) {
    this.slots = new WebhookSlots(webhookWith(changes));
  }

  acquire(count: number, { released = false, lane = 'fast' }: Partial<SlotTask> = {}): void {
    for (let n = 0; n < count; n += 1) {
      void this.slots
        .acquire({ released, lane }, Date.now())
        .then((decision) => this.decisions.push(decision));
    }
  }

  /** Syncs with the store, which gives this reply. Returns the request. */
  async sync(reply: Partial<SlotReply> = {}): Promise<SlotRequest> {
    const request = this.slots.beginSync(Date.now());
    this.slots.applyReply({ ...EMPTY_REPLY, ...reply }, Date.now());
    await flushPromises();
    return request;
  }

  /** Ticks after this time. Returns whether a sync is due. */
  async tickAfter(ms: number, fullLane: Lane | null = null): Promise<boolean> {
    jest.advanceTimersByTime(ms);
    const isSyncDue = this.slots.tick(Date.now(), (lane) => lane === fullLane);
    await flushPromises();
    return isSyncDue;
  }
}

const EMPTY_REPLY: SlotReply = {
  released: 0,
  fresh: 0,
  waitMs: 0,
  refusal: null,
  version: 1,
  state: INITIAL_FLOW_STATE,
  updated: false,
  excess: 0,
  fence: null,
};

describe('acquire', () => {
  it('waits for a slot from the store and needs a sync immediately', async () => {
    const harness = new Harness();
    harness.acquire(3);
    harness.acquire(1, { released: true });
    expect(harness.slots.needsSync).toBe(true);
    expect(await harness.sync({ released: 1, fresh: 2, refusal: 'window' })).toMatchObject({
      leased: 0,
      fresh: 3,
      released: 1,
    });
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'admitted']);
    expect(await harness.sync()).toMatchObject({ leased: 3, fresh: 1, released: 0 });
  });

  it('uses the slot of the previous delivery without a sync', async () => {
    const harness = new Harness();
    harness.acquire(2);
    await harness.sync({ fresh: 1, refusal: 'window' });
    expect(harness.decisions).toEqual(['admitted']);
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted', 'admitted']);
    harness.slots.release(RESPONSE, Date.now());
    harness.acquire(1);
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'admitted']);
    expect(harness.slots.needsSync).toBe(false);
  });

  it('serves released deliveries first', async () => {
    const harness = new Harness();
    const order: string[] = [];
    for (const name of ['fresh', 'released']) {
      void harness.slots
        .acquire({ released: name === 'released', lane: 'fast' }, Date.now())
        .then(() => order.push(name));
    }
    await harness.sync({ fresh: 1, refusal: 'window' });
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(order).toEqual(['released', 'fresh']);
  });

  it.each(['not_before', 'rate_limit'] as const)('defers immediately on the refusal %s', async (refusal) => {
    const harness = new Harness();
    harness.acquire(2);
    harness.acquire(1, { released: true });
    await harness.sync({ fresh: 1, refusal });
    expect(harness.decisions).toEqual(['admitted', 'deferred', 'deferred']);
  });

  it('defers deliveries that were not held while held ones come first', async () => {
    const harness = new Harness();
    harness.acquire(2);
    harness.acquire(1, { released: true });
    await harness.sync({ refusal: 'held_first' });
    expect(harness.decisions).toEqual(['deferred', 'deferred']);
    harness.acquire(1);
    await flushPromises();
    expect(harness.decisions).toEqual(['deferred', 'deferred', 'deferred']);
    // The next tick tries again.
    await harness.tickAfter(25);
    harness.acquire(1);
    expect(await harness.sync({ released: 1, fresh: 1 })).toMatchObject({ released: 1, fresh: 1 });
    expect(harness.decisions.slice(3)).toEqual(['admitted', 'admitted']);
  });

  it('defers immediately when the window of a failing webhook is full and the lane too', async () => {
    const failing = { fresh: 1, refusal: 'window' as const, state: { ...INITIAL_FLOW_STATE, strikes: 1 } };
    const harness = new Harness();
    harness.acquire(3);
    await harness.sync(failing);
    expect(harness.decisions).toEqual(['admitted']);
    await harness.tickAfter(25, 'fast');
    await harness.sync({ ...failing, fresh: 0 });
    expect(harness.decisions).toEqual(['admitted', 'deferred', 'deferred']);
  });

  it('waits for the window of a failing webhook while only another lane is full', async () => {
    const failing = { refusal: 'window' as const, state: { ...INITIAL_FLOW_STATE, strikes: 1, window: 1 } };
    const harness = new Harness();
    harness.acquire(1, { released: true, lane: 'retry' });
    harness.acquire(1, { released: true, lane: 'slow' });
    await harness.tickAfter(25, 'slow');
    await harness.sync(failing);
    expect(harness.decisions).toEqual(['deferred']);
    await harness.tickAfter(1000, 'slow');
    await harness.sync({ released: 1 });
    expect(harness.decisions).toEqual(['deferred', 'admitted']);
  });

  it('waits up to two seconds for a full window', async () => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ refusal: 'window' });
    expect(await harness.tickAfter(1999)).toBe(true);
    expect(harness.decisions).toEqual([]);
    await harness.tickAfter(2);
    expect(harness.decisions).toEqual(['deferred']);
  });

  it('waits up to 500 ms in a full lane', async () => {
    const harness = new Harness();
    harness.acquire(2);
    await harness.sync({ fresh: 1, refusal: 'window' });
    await harness.tickAfter(500, 'fast');
    expect(harness.decisions).toEqual(['admitted']);
    await harness.tickAfter(1, 'fast');
    expect(harness.decisions).toEqual(['admitted', 'deferred']);
  });

  it('defers immediately in a full lane if the expected wait is longer', async () => {
    const harness = new Harness();
    harness.acquire(5);
    // At 300 ms each, the third and fourth in line would wait for more than 500 ms.
    const state = { ...INITIAL_FLOW_STATE, window: 1, latencyMs: 300 };
    await harness.sync({ fresh: 1, refusal: 'window', state });
    await harness.tickAfter(25);
    expect(harness.decisions).toEqual(['admitted']);
    await harness.tickAfter(25, 'fast');
    expect(harness.decisions).toEqual(['admitted', 'deferred', 'deferred']);
  });
});

describe('free slots', () => {
  it('are kept for one tick, then returned', async () => {
    const harness = new Harness();
    harness.acquire(3);
    await harness.sync({ fresh: 3 });
    harness.slots.release(RESPONSE, Date.now());
    harness.slots.release(RESPONSE, Date.now());
    await harness.tickAfter(25);
    expect(await harness.sync({ updated: true })).toMatchObject({ leased: 3 });
    await harness.tickAfter(25);
    expect(await harness.sync()).toMatchObject({ leased: 1 });
  });

  it('are returned only if they were free for the whole tick', async () => {
    const harness = new Harness();
    harness.acquire(3);
    await harness.sync({ fresh: 3 });
    for (let n = 0; n < 3; n += 1) harness.slots.release(RESPONSE, Date.now());
    await harness.tickAfter(25);
    harness.acquire(2);
    harness.slots.release(RESPONSE, Date.now());
    harness.slots.release(RESPONSE, Date.now());
    await harness.tickAfter(25);
    expect(await harness.sync()).toMatchObject({ leased: 2 });
  });

  it.each([
    ['without a request', null],
    ['with congestion', CONGESTION],
  ])('are returned immediately after a release %s', async (_what, signal) => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    harness.slots.release(signal, Date.now());
    // Otherwise the store would learn of it only when the lease expires.
    expect(await harness.tickAfter(25)).toBe(true);
    expect(harness.slots.isIdle).toBe(false);
    expect(await harness.sync({ updated: signal !== null })).toMatchObject({ leased: 0 });
    expect(await harness.tickAfter(25)).toBe(false);
    expect(harness.slots.isIdle).toBe(true);
  });

  it('are returned if no delivery waits for them any more', async () => {
    const harness = new Harness();
    harness.acquire(1);
    harness.slots.beginSync(Date.now());
    await harness.tickAfter(2100);
    expect(harness.decisions).toEqual(['deferred']);
    expect(harness.slots.isIdle).toBe(false);
    harness.slots.applyReply({ ...EMPTY_REPLY, fresh: 1 }, Date.now());
    await harness.tickAfter(25);
    await harness.tickAfter(25);
    expect(await harness.sync()).toMatchObject({ leased: 0 });
    expect(harness.slots.isIdle).toBe(true);
  });

  it('are returned at the end of requests when the window has shrunk', async () => {
    const harness = new Harness();
    harness.acquire(4);
    await harness.sync({ fresh: 4 });
    await harness.sync({ excess: 2 });
    harness.acquire(2);
    for (let n = 0; n < 3; n += 1) harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(harness.decisions).toHaveLength(5);
    expect(await harness.sync()).toMatchObject({ leased: 2, fresh: 1 });
  });

  it('in use are renewed before their lease expires', async () => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    expect(await harness.tickAfter(1500)).toBe(false);
    expect(await harness.tickAfter(25)).toBe(true);
    expect(await harness.sync()).toMatchObject({ leased: 1 });
    expect(await harness.tickAfter(25)).toBe(false);
  });
});

/** Returns slots whose requests have ended with these signals. */
async function releasedWith(signals: FlowSignal[]): Promise<Harness> {
  const harness = new Harness();
  harness.acquire(signals.length);
  await harness.sync({ fresh: signals.length });
  for (const signal of signals) harness.slots.release(signal, Date.now());
  return harness;
}

describe('signals', () => {
  it('are reported as the next flow state of the known version', async () => {
    const harness = await releasedWith([RESPONSE, RESPONSE]);
    const { update } = await harness.sync({ updated: true, version: 2 });
    expect(update).toMatchObject({ version: 1, state: { window: 12, latencyMs: 20 } });
    expect((await harness.sync()).update).toBeNull();
  });

  it('are applied again when another worker changed the flow state first', async () => {
    const harness = await releasedWith([RESPONSE, CONGESTION]);
    const theirs = { ...INITIAL_FLOW_STATE, window: 40 };
    await harness.sync({ updated: false, version: 7, state: theirs });
    expect(harness.slots.needsSync).toBe(true);
    expect((await harness.sync({ updated: true })).update).toMatchObject({
      version: 7,
      state: { window: 20.5 },
    });
    expect(harness.slots.needsSync).toBe(false);
  });

  it('are reported once, and those during a sync with the next one', async () => {
    const harness = await releasedWith([RESPONSE]);
    harness.slots.beginSync(Date.now());
    harness.slots.reportOverdue();
    harness.slots.applyReply({ ...EMPTY_REPLY, updated: true, version: 2 }, Date.now());
    expect((await harness.sync()).update).toMatchObject({ version: 2, state: { window: 10, strikes: 1 } });
  });

  it('need a sync immediately only for congestion', async () => {
    expect((await releasedWith([RESPONSE])).slots.needsSync).toBe(false);
    expect((await releasedWith([CONGESTION])).slots.needsSync).toBe(true);
  });

  it('determine whether the webhook belongs in the slow lane', async () => {
    const harness = new Harness();
    expect(harness.slots.shouldBeSlow).toBe(false);
    await harness.sync({ state: { ...INITIAL_FLOW_STATE, strikes: 4 } });
    expect(harness.slots.shouldBeSlow).toBe(true);
    await harness.sync({ state: { ...INITIAL_FLOW_STATE, strikes: 1 } });
    expect(harness.slots.shouldBeSlow).toBe(false);
    harness.slots.webhook = webhookWith({ isSlow: true });
    expect(harness.slots.shouldBeSlow).toBe(true);
  });
});

describe('Retry-After', () => {
  const paused = { ...INITIAL_FLOW_STATE, notBeforeMs: START_MS + 1000 };

  it('defers deliveries although slots are free', async () => {
    const harness = new Harness();
    harness.acquire(2);
    await harness.sync({ fresh: 2 });
    harness.slots.release(RESPONSE, Date.now());
    await harness.sync({ state: paused, updated: true });
    harness.acquire(1);
    await harness.sync({ state: paused, refusal: 'not_before' });
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'deferred']);
  });

  it('ends at notBeforeMs', async () => {
    const harness = new Harness();
    harness.acquire(2);
    await harness.sync({ fresh: 2 });
    await harness.sync({ state: paused });
    harness.slots.release(RESPONSE, Date.now());
    jest.advanceTimersByTime(1000);
    harness.acquire(1);
    await harness.sync({ state: paused });
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'admitted']);
  });

  it('may be known to other workers only: a slot passes on only while the last reply is valid', async () => {
    const harness = new Harness();
    harness.acquire(3);
    await harness.sync({ fresh: 1, refusal: 'window' });
    jest.advanceTimersByTime(60);
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted']);
    expect(harness.slots.needsSync).toBe(true);

    harness.slots.beginSync(Date.now());
    harness.slots.syncFailed(Date.now());
    await flushPromises();
    // The store is unavailable, so the last reply stays valid.
    expect(harness.decisions).toEqual(['admitted', 'admitted']);
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'admitted']);
  });

  it('defers scheduled starts of a rate-limited webhook', async () => {
    const harness = new Harness(RATE_LIMITED);
    harness.acquire(3);
    await harness.sync({ fresh: 3 });
    jest.advanceTimersByTime(100);
    await harness.sync({ state: { ...INITIAL_FLOW_STATE, notBeforeMs: START_MS + 150 } });
    jest.advanceTimersByTime(100);
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'admitted']);

    harness.acquire(2);
    await harness.sync({ fresh: 2, waitMs: 100 });
    await harness.sync({ state: paused });
    jest.advanceTimersByTime(200);
    await flushPromises();
    expect(harness.decisions.slice(3)).toEqual(['deferred', 'deferred']);
    expect(await harness.tickAfter(25)).toBe(true);
    expect(await harness.sync()).toMatchObject({ leased: 3 });
  });
});

describe('the fence', () => {
  const fence = { id: 'webhook', epoch: 2, isDeleted: false };
  const refused = { refusal: 'fenced', fence } as const;

  it('refuses waiting and later deliveries, although slots are free, and returns the slots', async () => {
    const harness = new Harness();
    harness.acquire(3);
    await harness.sync({ fresh: 3 });
    harness.slots.release(RESPONSE, Date.now());
    jest.advanceTimersByTime(60);
    harness.acquire(1);
    harness.acquire(1, { released: true });
    await harness.sync(refused);
    harness.acquire(1);
    await flushPromises();
    expect(harness.decisions.slice(3)).toEqual([{ fence }, { fence }, { fence }]);
    expect(await harness.sync({ ...refused, updated: true })).toMatchObject({
      leased: 2,
      fresh: 0,
      released: 0,
    });
  });

  it('may have been raised while the worker was frozen: no slot passes on by a reply to an old request', async () => {
    const harness = new Harness();
    harness.acquire(2);
    await harness.sync({ fresh: 2 });
    harness.slots.release(RESPONSE, Date.now());
    jest.advanceTimersByTime(60);
    harness.slots.beginSync(Date.now());
    jest.advanceTimersByTime(20_000);
    harness.slots.applyReply({ ...EMPTY_REPLY, updated: true }, Date.now());
    harness.acquire(1);
    const confirmed = harness.slots.confirm(Date.now());
    await flushPromises();
    expect(harness.decisions).toHaveLength(2);
    await harness.sync(refused);
    expect(harness.decisions[2]).toEqual({ fence });
    expect(await confirmed).toEqual({ fence });
  });
});

describe('confirm', () => {
  it('relies on a reply that has just arrived', async () => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    expect(await harness.slots.confirm(Date.now())).toBe('admitted');
    expect(harness.slots.needsSync).toBe(false);
  });

  it('needs a sync that begins after it', async () => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    jest.advanceTimersByTime(1000);
    harness.slots.beginSync(Date.now());
    const results: SlotDecision[] = [];
    void harness.slots.confirm(Date.now()).then((decision) => results.push(decision));
    expect(harness.slots.needsSync).toBe(true);
    harness.slots.applyReply(EMPTY_REPLY, Date.now());
    await flushPromises();
    expect(results).toEqual([]);
    expect(await harness.tickAfter(25)).toBe(true);
    await harness.sync();
    expect(results).toEqual(['admitted']);
  });

  it('defers while the store is unavailable', async () => {
    const harness = new Harness();
    const confirmed = harness.slots.confirm(Date.now());
    expect(harness.slots.isIdle).toBe(false);
    harness.slots.beginSync(Date.now());
    harness.slots.syncFailed(Date.now());
    expect(await confirmed).toBe('deferred');
  });

  it('defers when the slots close', async () => {
    const harness = new Harness();
    const confirmed = harness.slots.confirm(Date.now());
    harness.slots.close();
    expect(await confirmed).toBe('deferred');
  });
});

describe('rate limit', () => {
  it('also applies to slots that were free when it was set', async () => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    harness.slots.release(RESPONSE, Date.now());
    harness.slots.webhook = webhookWith(RATE_LIMITED);
    harness.acquire(1);
    expect(await harness.sync({ refusal: 'rate_limit' })).toMatchObject({ leased: 0, fresh: 1 });
    expect(harness.decisions).toEqual(['admitted', 'deferred']);
  });

  it('starts each delivery at its assigned time', async () => {
    const harness = new Harness(RATE_LIMITED);
    const startedAtMs: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      void harness.slots
        .acquire({ released: false, lane: 'fast' }, Date.now())
        .then(() => startedAtMs.push(Date.now() - START_MS));
    }
    await harness.sync({ fresh: 3, waitMs: 50 });
    for (let n = 0; n < 50; n += 1) {
      jest.advanceTimersByTime(10);
      await flushPromises();
    }
    expect(startedAtMs).toEqual([50, 150, 250]);
  });

  it('keeps syncing while starts are scheduled, to learn of a Retry-After', async () => {
    const harness = new Harness(RATE_LIMITED);
    harness.acquire(2);
    await harness.sync({ fresh: 2, waitMs: 100 });
    expect(await harness.tickAfter(25)).toBe(true);
    await harness.tickAfter(200);
    await harness.sync();
    expect(await harness.tickAfter(25)).toBe(false);
  });

  it('returns a slot that no delivery waits for', async () => {
    const harness = new Harness(RATE_LIMITED);
    harness.acquire(1);
    harness.slots.beginSync(Date.now());
    await harness.tickAfter(2100);
    harness.slots.applyReply({ ...EMPTY_REPLY, fresh: 1 }, Date.now());
    harness.acquire(1);
    expect(harness.decisions).toEqual(['deferred']);
    expect(await harness.sync()).toMatchObject({ leased: 0, fresh: 1 });
  });

  it('passes no slot on to the next delivery', async () => {
    const harness = new Harness(RATE_LIMITED);
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    harness.acquire(1);
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted']);
    expect(await harness.sync({ fresh: 1 })).toMatchObject({ leased: 0, fresh: 1 });
    expect(harness.decisions).toEqual(['admitted', 'admitted']);
  });
});

describe('reportHeld', () => {
  it('reports that the wait of a released delivery has ended, so that the next ones can be released', async () => {
    const harness = new Harness();
    harness.slots.reportHeld({ released: true });
    expect(await harness.sync()).toMatchObject({ held: true, endedWaits: 1 });
    harness.slots.reportHeld({ released: false });
    expect(await harness.sync()).toMatchObject({ held: true, endedWaits: 0 });
  });
});

describe('reportUnsent', () => {
  it('reports that a released delivery has ended without a slot, so that the next ones can be released', async () => {
    const harness = new Harness();
    harness.slots.reportUnsent({ released: false });
    expect(harness.slots.needsSync).toBe(false);
    harness.slots.reportUnsent({ released: true });
    expect(harness.slots.needsSync).toBe(true);
    expect(await harness.sync()).toMatchObject({ held: false, endedWaits: 1 });
  });
});

describe('syncFailed', () => {
  it('reports the same with the next sync', async () => {
    const harness = new Harness();
    harness.acquire(1);
    await harness.sync({ fresh: 1 });
    harness.slots.reportHeld({ released: false });
    harness.slots.release(RESPONSE, Date.now());
    const request = harness.slots.beginSync(Date.now());
    expect(request).toMatchObject({ held: true, endedWaits: 1, update: { state: { window: 11 } } });
    harness.slots.syncFailed(Date.now());
    expect(harness.slots.needsSync).toBe(true);
    expect(await harness.sync()).toMatchObject({
      held: true,
      endedWaits: 1,
      update: { state: { window: 11 } },
    });
    expect(await harness.sync()).toMatchObject({ held: false, endedWaits: 0 });
  });
});

describe('close', () => {
  it('defers waiting deliveries and returns free slots', async () => {
    const harness = new Harness();
    harness.acquire(3);
    await harness.sync({ fresh: 2 });
    harness.slots.release(RESPONSE, Date.now());
    await flushPromises();
    harness.acquire(1);
    harness.slots.close();
    await flushPromises();
    expect(harness.decisions).toEqual(['admitted', 'admitted', 'admitted', 'deferred']);
    expect(await harness.sync()).toMatchObject({ leased: 2, fresh: 0 });
  });

  it('returns slots that arrive afterwards', async () => {
    const harness = new Harness();
    harness.acquire(2);
    harness.slots.beginSync(Date.now());
    harness.slots.close();
    harness.slots.applyReply({ ...EMPTY_REPLY, fresh: 2 }, Date.now());
    expect(await harness.sync()).toMatchObject({ leased: 0 });
  });
});

describe('states', () => {
  it('go from new to synced, and through failed and retrying back to synced', async () => {
    const { slots } = new Harness();
    expect(slots.syncState).toBe('new');
    slots.beginSync(Date.now());
    expect(slots.syncState).toBe('syncing');
    slots.applyReply(EMPTY_REPLY, Date.now());
    expect(slots.syncState).toBe('synced');
    slots.beginSync(Date.now());
    slots.syncFailed(Date.now());
    expect(slots.syncState).toBe('failed');
    slots.beginSync(Date.now());
    expect(slots.syncState).toBe('retrying');
    slots.applyReply(EMPTY_REPLY, Date.now());
    expect(slots.syncState).toBe('synced');
  });

  it('allow one sync at a time', () => {
    const { slots } = new Harness();
    slots.beginSync(Date.now());
    expect(() => slots.beginSync(Date.now())).toThrow(InvalidStateError);
    slots.syncFailed(Date.now());
    slots.beginSync(Date.now());
    expect(() => slots.beginSync(Date.now())).toThrow('cannot begin a sync while retrying');
  });

  it('allow a reply and a failure only during a sync', () => {
    const { slots } = new Harness();
    expect(() => slots.applyReply(EMPTY_REPLY, Date.now())).toThrow('no sync is in flight: new');
    expect(() => slots.syncFailed(Date.now())).toThrow(InvalidStateError);
    slots.beginSync(Date.now());
    slots.applyReply(EMPTY_REPLY, Date.now());
    expect(() => slots.applyReply(EMPTY_REPLY, Date.now())).toThrow('no sync is in flight: synced');
  });

  it('allow a release only of a slot in use', () => {
    const { slots } = new Harness();
    expect(() => slots.release(RESPONSE, Date.now())).toThrow('no slot is in use');
  });

  it('allow nothing to be acquired after close', () => {
    const { slots } = new Harness();
    slots.close();
    expect(() => slots.acquire({ released: false, lane: 'fast' }, Date.now())).toThrow(
      'the slots of the webhook are closed',
    );
  });
});
