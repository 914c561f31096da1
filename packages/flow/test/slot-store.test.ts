import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { INITIAL_FLOW_STATE, INITIAL_WINDOW } from '../src/congestion-window.js';
import { createSlotStore, type FlowWebhook, type SlotRequest, type SlotStore } from '../src/slot-store.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const settings = useQueuePrefix();
let store: SlotStore;
beforeEach(async () => {
  store = await createSlotStore(settings);
});
afterEach(() => store.stop());

function newWebhook(changes: Partial<FlowWebhook> = {}): FlowWebhook {
  return { id: randomUUID(), epoch: 1, validatedAt: null, maxInFlight: 100, rateLimit: null, ...changes };
}

function asking(webhook: FlowWebhook, changes: Partial<SlotRequest> = {}): SlotRequest {
  return { webhook, leased: 0, released: 0, fresh: 0, update: null, held: false, started: 0, ...changes };
}

async function take(worker: string, request: SlotRequest) {
  const [reply] = await store.syncSlots(worker, [request]);
  if (!reply) throw new Error('there is one reply for each request');
  return reply;
}

describe('the slots of a webhook', () => {
  it('are as many as its window, over all workers', async () => {
    const webhook = newWebhook();
    expect(await take('a', asking(webhook, { fresh: 7 }))).toMatchObject({ fresh: 7, refusal: null });
    expect(await take('b', asking(webhook, { fresh: 7 }))).toMatchObject({ fresh: 3, refusal: 'window' });
    expect(await take('a', asking(webhook, { leased: 7, fresh: 1 }))).toMatchObject({ fresh: 0 });
    expect(INITIAL_WINDOW).toBe(10);
  });

  it('are never more than its owner allows', async () => {
    const webhook = newWebhook({ maxInFlight: 2 });
    expect(await take('a', asking(webhook, { fresh: 7 }))).toMatchObject({ fresh: 2, refusal: 'window' });
  });

  it('come back when a worker says that it has fewer, however often it says so', async () => {
    const webhook = newWebhook();
    await take('a', asking(webhook, { fresh: 10 }));
    await take('a', asking(webhook, { leased: 4, started: 10 }));
    await take('a', asking(webhook, { leased: 4, started: 2 }));
    expect(await take('b', asking(webhook, { fresh: 10 }))).toMatchObject({ fresh: 6 });
    expect(await store.snapshots([webhook])).toMatchObject([{ inFlight: 10, started: 12 }]);
  });

  it('of a worker that says nothing any more run out by themselves', async () => {
    const webhook = newWebhook();
    await take('dead', asking(webhook, { fresh: 10 }));
    expect(await take('b', asking(webhook, { fresh: 1 }))).toMatchObject({ fresh: 0 });
    await sleep(5200);
    expect(await take('b', asking(webhook, { fresh: 10 }))).toMatchObject({ fresh: 10 });
  }, 15_000);

  it('are said to be too many when the window shrinks', async () => {
    const webhook = newWebhook();
    const { version } = await take('a', asking(webhook, { fresh: 10 }));
    const state = { ...INITIAL_FLOW_STATE, window: 4 };
    expect(await take('b', asking(webhook, { update: { version, state } }))).toMatchObject({ updated: true });
    expect(await take('a', asking(webhook, { leased: 10, fresh: 1 }))).toMatchObject({ fresh: 0, excess: 6 });
  });

  it('of another epoch or another URL are others', async () => {
    const webhook = newWebhook();
    await take('a', asking(webhook, { fresh: 10 }));
    for (const other of [{ epoch: 2 }, { validatedAt: new Date() }]) {
      expect(await take('b', asking({ ...webhook, ...other }, { fresh: 10 }))).toMatchObject({ fresh: 10 });
    }
  });

  it('are asked for of many webhooks in one call', async () => {
    const webhooks = Array.from({ length: 50 }, () => newWebhook());
    const replies = await store.syncSlots(
      'a',
      webhooks.map((webhook, index) => asking(webhook, { fresh: index })),
    );
    expect(replies.map(({ fresh }) => fresh)).toEqual(webhooks.map((_, index) => Math.min(index, 10)));
  });
});

describe('the state of a webhook', () => {
  it('is written only over the version that it was computed from', async () => {
    const webhook = newWebhook();
    const first = await take('a', asking(webhook));
    expect(first.state).toEqual(INITIAL_FLOW_STATE);
    const { version } = first;
    const state = { ...INITIAL_FLOW_STATE, window: 12.5, latencyMs: 80 };
    const written = await take('a', asking(webhook, { update: { version, state } }));
    expect(written).toMatchObject({ updated: true, state });
    const late = await take('b', asking(webhook, { update: { version, state: { ...state, window: 1 } } }));
    expect(late).toMatchObject({ updated: false, state, version: written.version });
  });

  it('keeps everybody waiting until the moment that the receiver asked for', async () => {
    const webhook = newWebhook();
    const { version } = await take('a', asking(webhook));
    const state = { ...INITIAL_FLOW_STATE, notBeforeMs: Date.now() + 400 };
    await take('a', asking(webhook, { update: { version, state } }));
    expect(await take('b', asking(webhook, { fresh: 1 }))).toMatchObject({ fresh: 0, refusal: 'not_before' });
    await sleep(500);
    expect(await take('b', asking(webhook, { fresh: 1 }))).toMatchObject({ fresh: 1, refusal: null });
  });
});

describe('a rate limit', () => {
  it('gives one slot after the other, at its time, to whichever worker', async () => {
    const webhook = newWebhook({ rateLimit: { limit: 10, perSeconds: 1 } });
    const first = await take('a', asking(webhook, { fresh: 3 }));
    expect(first).toMatchObject({ fresh: 3, waitMs: 0 });
    const second = await take('b', asking(webhook, { fresh: 3 }));
    expect(second.fresh).toBe(3);
    expect(second.waitMs).toBeGreaterThan(250);
    expect(second.waitMs).toBeLessThanOrEqual(300);
  });

  it('gives none that is too far away', async () => {
    const webhook = newWebhook({ rateLimit: { limit: 1, perSeconds: 60 } });
    expect(await take('a', asking(webhook, { fresh: 5 }))).toMatchObject({ fresh: 1, refusal: 'rate_limit' });
    expect(await take('a', asking(webhook, { leased: 1, fresh: 5 }))).toMatchObject({
      fresh: 0,
      refusal: 'rate_limit',
    });
    const [snapshot] = await store.snapshots([webhook]);
    expect(snapshot?.nextStartInMs).toBeGreaterThan(55_000);
  });
});

describe('a webhook with held deliveries', () => {
  it.each<[string, Partial<FlowWebhook>, number]>([
    ['in trouble', {}, 1],
    ['limited', { rateLimit: { limit: 100, perSeconds: 1 } }, 0],
  ])('lets none that is fresh go before them when it is %s', async (_how, changes, strikes) => {
    const webhook = newWebhook(changes);
    const { version } = await take('a', asking(webhook));
    await take(
      'a',
      asking(webhook, { held: true, update: { version, state: { ...INITIAL_FLOW_STATE, strikes } } }),
    );
    expect(await store.webhooksWithHeld()).toEqual([webhook.id]);
    const reply = await take('b', asking(webhook, { fresh: 2, released: 3 }));
    expect(reply).toMatchObject({ fresh: 0, released: 3, refusal: 'held_first' });
  });

  it('lets them go first when it is well', async () => {
    const webhook = newWebhook();
    await take('a', asking(webhook, { held: true }));
    const reply = await take('b', asking(webhook, { fresh: 5, released: 8 }));
    expect(reply).toMatchObject({ fresh: 2, released: 8, refusal: 'window' });
  });

  it('is as others once all are released', async () => {
    const webhook = newWebhook();
    const { version } = await take('a', asking(webhook));
    await take(
      'a',
      asking(webhook, { held: true, update: { version, state: { ...INITIAL_FLOW_STATE, strikes: 1 } } }),
    );
    const [snapshot] = await store.snapshots([webhook]);
    await store.clearHeld(webhook, snapshot?.heldMark ?? null);
    expect(await store.webhooksWithHeld()).toEqual([]);
    expect(await take('b', asking(webhook, { fresh: 2 }))).toMatchObject({ fresh: 2, refusal: null });
  });

  it('is still looked after when another was held meanwhile', async () => {
    const webhook = newWebhook();
    await take('a', asking(webhook, { held: true }));
    const [snapshot] = await store.snapshots([webhook]);
    await sleep(5);
    await take('a', asking(webhook, { held: true }));
    await store.clearHeld(webhook, snapshot?.heldMark ?? null);
    expect(await store.webhooksWithHeld()).toEqual([webhook.id]);
    await store.removeHeld([webhook.id]);
    expect(await store.webhooksWithHeld()).toEqual([]);
  });
});

describe('the worker that releases', () => {
  it('is one, for as long as it asks, and another when it asks no more', async () => {
    expect(await store.acquireReleaserLease('a')).toBe(true);
    expect(await store.acquireReleaserLease('b')).toBe(false);
    expect(await store.acquireReleaserLease('a')).toBe(true);
    await eventually(async () => expect(await store.acquireReleaserLease('b')).toBe(true));
    expect(await store.acquireReleaserLease('a')).toBe(false);
  });
});
