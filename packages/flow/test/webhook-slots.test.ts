import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type FlowSignal, INITIAL_FLOW_STATE } from '../src/congestion-window.js';
import type { SlotReply, SlotRequest } from '../src/slot-store.js';
import type { Admission } from '../src/waiting-deliveries.js';
import { WebhookSlots } from '../src/webhook-slots.js';
import { flushPromises, START_MS, useFakeTime } from './fixtures/fake-time.js';
import { webhookLike } from './fixtures/simulated-worker.js';

beforeEach(useFakeTime);
afterEach(() => {
  jest.useRealTimers();
});

const RESPONSE: FlowSignal = { kind: 'response', latencyMs: 20 };
const CONGESTION: FlowSignal = { kind: 'congestion', startedAtMs: START_MS, retryAfterMs: null };
const LIMITED = { rateLimit: { limit: 10, perSeconds: 1 } };

/** The slots of one webhook, and the store that answers what a test says. */
class Bench {
  readonly slots: WebhookSlots;
  readonly admissions: Admission[] = [];

  constructor(changes: Parameters<typeof webhookLike>[0] = {}) {
    this.slots = new WebhookSlots(webhookLike(changes));
  }

  take(count: number, { released = false } = {}): void {
    for (let n = 0; n < count; n += 1) {
      void this.slots.acquire(released, Date.now()).then((admission) => this.admissions.push(admission));
    }
  }

  /** Tells the store, which answers this. */
  async tell(reply: Partial<SlotReply> = {}): Promise<SlotRequest> {
    const request = this.slots.beginSync(Date.now());
    this.slots.applyReply({ ...NOTHING, ...reply }, Date.now());
    await flushPromises();
    return request;
  }

  async after(ms: number, isLaneFull = false): Promise<boolean> {
    jest.advanceTimersByTime(ms);
    const mustTell = this.slots.tick(Date.now(), isLaneFull);
    await flushPromises();
    return mustTell;
  }
}

const NOTHING: SlotReply = {
  released: 0,
  fresh: 0,
  waitMs: 0,
  refusal: null,
  version: 1,
  state: INITIAL_FLOW_STATE,
  updated: false,
  excess: 0,
};

describe('a delivery that takes a slot', () => {
  it('waits for one from the store, and asks for it at once', async () => {
    const bench = new Bench();
    bench.take(3);
    bench.take(1, { released: true });
    expect(bench.slots.needsSync).toBe(true);
    expect(await bench.tell({ released: 1, fresh: 2, refusal: 'window' })).toMatchObject({
      leased: 0,
      fresh: 3,
      released: 1,
    });
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'admitted']);
    expect(await bench.tell()).toMatchObject({ leased: 3, fresh: 1, released: 0 });
  });

  it('gets the slot of the one before, without the store', async () => {
    const bench = new Bench();
    bench.take(2);
    await bench.tell({ fresh: 1, refusal: 'window' });
    expect(bench.admissions).toEqual(['admitted']);
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted', 'admitted']);
    bench.slots.release(RESPONSE, Date.now());
    bench.take(1);
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'admitted']);
    expect(bench.slots.needsSync).toBe(false);
  });

  it('goes before those that were not held if it was', async () => {
    const bench = new Bench();
    const order: string[] = [];
    for (const name of ['fresh', 'released']) {
      void bench.slots.acquire(name === 'released', Date.now()).then(() => order.push(name));
    }
    await bench.tell({ fresh: 1, refusal: 'window' });
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(order).toEqual(['released', 'fresh']);
  });

  it.each(['not_before', 'rate_limit'] as const)(
    'is held at once when the store says %s',
    async (refusal) => {
      const bench = new Bench();
      bench.take(2);
      bench.take(1, { released: true });
      await bench.tell({ fresh: 1, refusal });
      expect(bench.admissions).toEqual(['admitted', 'deferred', 'deferred']);
    },
  );

  it('is held while others were held before it, and those among them wait on', async () => {
    const bench = new Bench();
    bench.take(2);
    bench.take(1, { released: true });
    await bench.tell({ refusal: 'held_first' });
    expect(bench.admissions).toEqual(['deferred', 'deferred']);
    bench.take(1);
    await flushPromises();
    expect(bench.admissions).toEqual(['deferred', 'deferred', 'deferred']);
    // It is asked again at the next tick.
    await bench.after(25);
    bench.take(1);
    expect(await bench.tell({ released: 1, fresh: 1 })).toMatchObject({ released: 1, fresh: 1 });
    expect(bench.admissions.slice(3)).toEqual(['admitted', 'admitted']);
  });

  it('waits while the window is full, for two seconds', async () => {
    const bench = new Bench();
    bench.take(1);
    await bench.tell({ refusal: 'window' });
    expect(await bench.after(1999)).toBe(true);
    expect(bench.admissions).toEqual([]);
    await bench.after(2);
    expect(bench.admissions).toEqual(['deferred']);
  });

  it('does not wait so long in a full lane', async () => {
    const bench = new Bench();
    bench.take(2);
    await bench.tell({ fresh: 1, refusal: 'window' });
    await bench.after(500, true);
    expect(bench.admissions).toEqual(['admitted']);
    await bench.after(1, true);
    expect(bench.admissions).toEqual(['admitted', 'deferred']);
  });

  it('does not wait in a full lane at all when it is known to take longer', async () => {
    const bench = new Bench();
    bench.take(5);
    // 300 ms for one after the other: the third and fourth in line would wait for more than half a second.
    const state = { ...INITIAL_FLOW_STATE, window: 1, latencyMs: 300 };
    await bench.tell({ fresh: 1, refusal: 'window', state });
    await bench.after(25, false);
    expect(bench.admissions).toEqual(['admitted']);
    await bench.after(25, true);
    expect(bench.admissions).toEqual(['admitted', 'deferred', 'deferred']);
  });
});

describe('slots that are not needed', () => {
  it('are kept for a tick, then given back', async () => {
    const bench = new Bench();
    bench.take(3);
    await bench.tell({ fresh: 3 });
    bench.slots.release(RESPONSE, Date.now());
    bench.slots.release(RESPONSE, Date.now());
    await bench.after(25);
    expect(await bench.tell({ updated: true })).toMatchObject({ leased: 3 });
    await bench.after(25);
    expect(await bench.tell()).toMatchObject({ leased: 1 });
  });

  it('are those that were unused all the time, not those in use between two ticks', async () => {
    const bench = new Bench();
    bench.take(3);
    await bench.tell({ fresh: 3 });
    for (let n = 0; n < 3; n += 1) bench.slots.release(RESPONSE, Date.now());
    await bench.after(25);
    bench.take(2);
    bench.slots.release(RESPONSE, Date.now());
    bench.slots.release(RESPONSE, Date.now());
    await bench.after(25);
    expect(await bench.tell()).toMatchObject({ leased: 2 });
  });

  it.each([
    ['nothing was sent', null],
    ['there was trouble', CONGESTION],
  ])('go back at once after a request when %s', async (_what, signal) => {
    const bench = new Bench();
    bench.take(1);
    await bench.tell({ fresh: 1 });
    bench.slots.release(signal, Date.now());
    // Nobody would hear of it before the lease runs out, were it not told.
    expect(await bench.after(25)).toBe(true);
    expect(bench.slots.isIdle).toBe(false);
    expect(await bench.tell({ updated: signal !== null })).toMatchObject({ leased: 0 });
    expect(await bench.after(25)).toBe(false);
    expect(bench.slots.isIdle).toBe(true);
  });

  it('go back when they come for nobody who still waits', async () => {
    const bench = new Bench();
    bench.take(1);
    bench.slots.beginSync(Date.now());
    await bench.after(2100);
    expect(bench.admissions).toEqual(['deferred']);
    expect(bench.slots.isIdle).toBe(false);
    bench.slots.applyReply({ ...NOTHING, fresh: 1 }, Date.now());
    await bench.after(25);
    await bench.after(25);
    expect(await bench.tell()).toMatchObject({ leased: 0 });
    expect(bench.slots.isIdle).toBe(true);
  });

  it('are given back as requests end when the window has shrunk', async () => {
    const bench = new Bench();
    bench.take(4);
    await bench.tell({ fresh: 4 });
    await bench.tell({ excess: 2 });
    bench.take(2);
    for (let n = 0; n < 3; n += 1) bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(bench.admissions).toHaveLength(5);
    expect(await bench.tell()).toMatchObject({ leased: 2, fresh: 1 });
  });

  it('in use are told of again before their lease ends', async () => {
    const bench = new Bench();
    bench.take(1);
    await bench.tell({ fresh: 1 });
    expect(await bench.after(1500)).toBe(false);
    expect(await bench.after(25)).toBe(true);
    expect(await bench.tell()).toMatchObject({ leased: 1 });
    expect(await bench.after(25)).toBe(false);
  });
});

/** Requests that are over, with these signals. */
async function finished(signals: FlowSignal[]): Promise<Bench> {
  const bench = new Bench();
  bench.take(signals.length);
  await bench.tell({ fresh: signals.length });
  for (const signal of signals) bench.slots.release(signal, Date.now());
  return bench;
}

describe('what requests tell of a webhook', () => {
  it('is told with the state that follows, of the version that is known', async () => {
    const bench = await finished([RESPONSE, RESPONSE]);
    const { update } = await bench.tell({ updated: true, version: 2 });
    expect(update).toMatchObject({ version: 1, state: { window: 12, latencyMs: 20 } });
    expect((await bench.tell()).update).toBeNull();
  });

  it('is told again of the new state when another worker was first', async () => {
    const bench = await finished([RESPONSE, CONGESTION]);
    const theirs = { ...INITIAL_FLOW_STATE, window: 40 };
    await bench.tell({ updated: false, version: 7, state: theirs });
    expect(bench.slots.needsSync).toBe(true);
    expect((await bench.tell({ updated: true })).update).toMatchObject({
      version: 7,
      state: { window: 20.5 },
    });
    expect(bench.slots.needsSync).toBe(false);
  });

  it('is told once, and what comes meanwhile the next time', async () => {
    const bench = await finished([RESPONSE]);
    bench.slots.beginSync(Date.now());
    bench.slots.reportOverdue();
    bench.slots.applyReply({ ...NOTHING, updated: true, version: 2 }, Date.now());
    expect((await bench.tell()).update).toMatchObject({ version: 2, state: { window: 10, strikes: 1 } });
  });

  it('is told first when it is trouble', async () => {
    expect((await finished([RESPONSE])).slots.needsSync).toBe(false);
    expect((await finished([CONGESTION])).slots.needsSync).toBe(true);
  });

  it('says whether it belongs into the slow lane', async () => {
    const bench = new Bench();
    expect(bench.slots.shouldBeSlow).toBe(false);
    await bench.tell({ state: { ...INITIAL_FLOW_STATE, strikes: 4 } });
    expect(bench.slots.shouldBeSlow).toBe(true);
    await bench.tell({ state: { ...INITIAL_FLOW_STATE, strikes: 1 } });
    expect(bench.slots.shouldBeSlow).toBe(false);
    bench.slots.webhook = webhookLike({ isSlow: true });
    expect(bench.slots.shouldBeSlow).toBe(true);
  });
});

describe('a pause that the receiver asked for', () => {
  const paused = { ...INITIAL_FLOW_STATE, notBeforeMs: START_MS + 1000 };

  it('keeps back those that wait, though slots are free', async () => {
    const bench = new Bench();
    bench.take(2);
    await bench.tell({ fresh: 2 });
    bench.slots.release(RESPONSE, Date.now());
    await bench.tell({ state: paused, updated: true });
    bench.take(1);
    await bench.tell({ state: paused, refusal: 'not_before' });
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'deferred']);
  });

  it('is over in time', async () => {
    const bench = new Bench();
    bench.take(2);
    await bench.tell({ fresh: 2 });
    await bench.tell({ state: paused });
    bench.slots.release(RESPONSE, Date.now());
    jest.advanceTimersByTime(1000);
    bench.take(1);
    await bench.tell({ state: paused });
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'admitted']);
  });

  it('may have been asked for elsewhere: a slot passes on only if the store was heard of just now', async () => {
    const bench = new Bench();
    bench.take(3);
    await bench.tell({ fresh: 1, refusal: 'window' });
    jest.advanceTimersByTime(60);
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted']);
    expect(bench.slots.needsSync).toBe(true);

    bench.slots.beginSync(Date.now());
    bench.slots.syncFailed(Date.now());
    await flushPromises();
    // The store is away: what was heard last counts.
    expect(bench.admissions).toEqual(['admitted', 'admitted']);
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'admitted']);
  });

  it('holds the deliveries of a limited webhook whose slot is still to come', async () => {
    const bench = new Bench(LIMITED);
    bench.take(3);
    await bench.tell({ fresh: 3 });
    jest.advanceTimersByTime(100);
    await bench.tell({ state: { ...INITIAL_FLOW_STATE, notBeforeMs: START_MS + 150 } });
    jest.advanceTimersByTime(100);
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'admitted']);

    bench.take(2);
    await bench.tell({ fresh: 2, waitMs: 100 });
    await bench.tell({ state: paused });
    jest.advanceTimersByTime(200);
    await flushPromises();
    expect(bench.admissions.slice(3)).toEqual(['deferred', 'deferred']);
    expect(await bench.after(25)).toBe(true);
    expect(await bench.tell()).toMatchObject({ leased: 3 });
  });
});

describe('a limited webhook', () => {
  it('starts each delivery at its time', async () => {
    const bench = new Bench(LIMITED);
    const startedAtMs: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      void bench.slots.acquire(false, Date.now()).then(() => startedAtMs.push(Date.now() - START_MS));
    }
    await bench.tell({ fresh: 3, waitMs: 50 });
    for (let n = 0; n < 50; n += 1) {
      jest.advanceTimersByTime(10);
      await flushPromises();
    }
    expect(startedAtMs).toEqual([50, 150, 250]);
  });

  it('is told of a pause before the slots that are still to come', async () => {
    const bench = new Bench(LIMITED);
    bench.take(2);
    await bench.tell({ fresh: 2, waitMs: 100 });
    expect(await bench.after(25)).toBe(true);
    await bench.after(200);
    await bench.tell();
    expect(await bench.after(25)).toBe(false);
  });

  it('has no use for a slot that comes too late', async () => {
    const bench = new Bench(LIMITED);
    bench.take(1);
    bench.slots.beginSync(Date.now());
    await bench.after(2100);
    bench.slots.applyReply({ ...NOTHING, fresh: 1 }, Date.now());
    bench.take(1);
    expect(bench.admissions).toEqual(['deferred']);
    expect(await bench.tell()).toMatchObject({ leased: 0, fresh: 1 });
  });

  it('passes no slot on: each is from the store', async () => {
    const bench = new Bench(LIMITED);
    bench.take(1);
    await bench.tell({ fresh: 1 });
    bench.take(1);
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted']);
    expect(await bench.tell({ fresh: 1 })).toMatchObject({ leased: 0, fresh: 1 });
    expect(bench.admissions).toEqual(['admitted', 'admitted']);
  });
});

describe('what the store did not hear', () => {
  it('is told again', async () => {
    const bench = new Bench();
    bench.take(1);
    await bench.tell({ fresh: 1 });
    bench.slots.reportHeld();
    bench.slots.release(RESPONSE, Date.now());
    const request = bench.slots.beginSync(Date.now());
    expect(request).toMatchObject({ held: true, started: 1, update: { state: { window: 11 } } });
    bench.slots.syncFailed(Date.now());
    expect(bench.slots.needsSync).toBe(true);
    expect(await bench.tell()).toMatchObject({ held: true, started: 1, update: { state: { window: 11 } } });
    expect(await bench.tell()).toMatchObject({ held: false, started: 0 });
  });
});

describe('the end', () => {
  it('holds what waits and gives back what is not in use', async () => {
    const bench = new Bench();
    bench.take(3);
    await bench.tell({ fresh: 2 });
    bench.slots.release(RESPONSE, Date.now());
    await flushPromises();
    bench.take(1);
    bench.slots.close();
    await flushPromises();
    expect(bench.admissions).toEqual(['admitted', 'admitted', 'admitted', 'deferred']);
    expect(await bench.tell()).toMatchObject({ leased: 2, fresh: 0 });
  });

  it('has no use for slots that come after it', async () => {
    const bench = new Bench();
    bench.take(2);
    bench.slots.beginSync(Date.now());
    bench.slots.close();
    bench.slots.applyReply({ ...NOTHING, fresh: 2 }, Date.now());
    expect(await bench.tell()).toMatchObject({ leased: 0 });
  });
});
