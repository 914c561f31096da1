import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openScriptClient } from '@posthorn/queue';
import { eventually } from '@posthorn/testkit';
import { INITIAL_FLOW_STATE, INITIAL_WINDOW } from '../src/slots/congestion-window.js';
import { ENDED_FLOW_TTL_SECONDS } from '../src/fences/fence-script.js';
import { createFenceStore, type FenceStore } from '../src/fences/fence-store.js';
import { flowKey } from '../src/redis/redis-keys.js';
import type { SlotRequest, SlotUpdate, SlotWebhook } from '../src/slots/slot-messages.js';
import { createSlotStore, SLOT_LEASE_MS, type SlotStore } from '../src/slots/slot-store.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const settings = useQueuePrefix();
let store: SlotStore;
beforeEach(async () => {
  store = await createSlotStore(settings);
});
afterEach(() => store.stop());

function newWebhook(changes: Partial<SlotWebhook> = {}): SlotWebhook {
  return {
    id: randomUUID(),
    epoch: 1,
    tenantId: randomUUID(),
    tenantEpoch: 0,
    validatedAt: null,
    maxInFlight: 100,
    rateLimit: null,
    ...changes,
  };
}

function requestFor(webhook: SlotWebhook, changes: Partial<SlotRequest> = {}): SlotRequest {
  return { webhook, leased: 0, released: 0, fresh: 0, update: null, held: false, endedWaits: 0, ...changes };
}

async function sync(worker: string, request: SlotRequest) {
  const [reply] = await store.syncSlots(worker, [request]);
  if (!reply) throw new Error('no reply');
  return reply;
}

/** Returns an update without a pause. */
const updateOf = (version: number, state = INITIAL_FLOW_STATE): SlotUpdate => ({
  version,
  state,
  pauseMs: null,
  isHalved: false,
});

describe('slots', () => {
  it('are limited by the window over all workers', async () => {
    const webhook = newWebhook();
    expect(await sync('a', requestFor(webhook, { fresh: 7 }))).toMatchObject({ fresh: 7, refusal: null });
    expect(await sync('b', requestFor(webhook, { fresh: 7 }))).toMatchObject({ fresh: 3, refusal: 'window' });
    expect(await sync('a', requestFor(webhook, { leased: 7, fresh: 1 }))).toMatchObject({ fresh: 0 });
    expect(INITIAL_WINDOW).toBe(10);
  });

  it('are limited by maxInFlight', async () => {
    const webhook = newWebhook({ maxInFlight: 2 });
    expect(await sync('a', requestFor(webhook, { fresh: 7 }))).toMatchObject({ fresh: 2, refusal: 'window' });
  });

  it('are returned when a worker reports fewer, also if it reports twice', async () => {
    const webhook = newWebhook();
    await sync('a', requestFor(webhook, { fresh: 10 }));
    await sync('a', requestFor(webhook, { leased: 4, endedWaits: 10 }));
    await sync('a', requestFor(webhook, { leased: 4, endedWaits: 2 }));
    expect(await sync('b', requestFor(webhook, { fresh: 10 }))).toMatchObject({ fresh: 6 });
    expect(await store.snapshots([webhook])).toMatchObject([{ inFlight: 10, endedWaits: 12 }]);
  });

  it('expire when their worker does not sync', async () => {
    const webhook = newWebhook();
    await sync('dead', requestFor(webhook, { fresh: 10 }));
    expect(await sync('b', requestFor(webhook, { fresh: 1 }))).toMatchObject({ fresh: 0 });
    const redis = await openScriptClient<object>(settings, {});
    const key = flowKey(settings.prefix, webhook);
    const [count, expiresAtMs] = (await redis.hget(key, 'slots:dead'))?.split(':') ?? [];
    expect(Number(expiresAtMs) - Date.now()).toBeLessThanOrEqual(SLOT_LEASE_MS);
    await redis.hset(key, 'slots:dead', `${count}:${Date.now() - 1}`);
    redis.disconnect();
    expect(await sync('b', requestFor(webhook, { fresh: 10 }))).toMatchObject({ fresh: 10 });
  });

  it('are reported as excess when the window shrinks', async () => {
    const webhook = newWebhook();
    const { version } = await sync('a', requestFor(webhook, { fresh: 10 }));
    const state = { ...INITIAL_FLOW_STATE, window: 4 };
    expect(await sync('b', requestFor(webhook, { update: updateOf(version, state) }))).toMatchObject({
      updated: true,
    });
    expect(await sync('a', requestFor(webhook, { leased: 10, fresh: 1 }))).toMatchObject({
      fresh: 0,
      excess: 6,
    });
  });

  it('are separate for each epoch and URL', async () => {
    const webhook = newWebhook();
    await sync('a', requestFor(webhook, { fresh: 10 }));
    for (const other of [{ epoch: 2 }, { validatedAt: new Date() }]) {
      expect(await sync('b', requestFor({ ...webhook, ...other }, { fresh: 10 }))).toMatchObject({
        fresh: 10,
      });
    }
  });

  it('are synced for many webhooks in one call', async () => {
    const webhooks = Array.from({ length: 50 }, () => newWebhook());
    const replies = await store.syncSlots(
      'a',
      webhooks.map((webhook, index) => requestFor(webhook, { fresh: index })),
    );
    expect(replies.map(({ fresh }) => fresh)).toEqual(webhooks.map((_, index) => Math.min(index, 10)));
  });
});

describe('flow state', () => {
  it('is written only if its version is current', async () => {
    const webhook = newWebhook();
    const first = await sync('a', requestFor(webhook));
    expect(first.state).toEqual(INITIAL_FLOW_STATE);
    const { version } = first;
    const state = { ...INITIAL_FLOW_STATE, window: 12.5, latencyMs: 80 };
    const written = await sync('a', requestFor(webhook, { update: updateOf(version, state) }));
    expect(written).toMatchObject({ updated: true, state });
    const outdated = await sync(
      'b',
      requestFor(webhook, { update: updateOf(version, { ...state, window: 1 }) }),
    );
    expect(outdated).toMatchObject({ updated: false, state, version: written.version });
  });

  it('defers all workers until notBeforeMs', async () => {
    const webhook = newWebhook();
    const { version } = await sync('a', requestFor(webhook));
    await sync('a', requestFor(webhook, { update: { ...updateOf(version), pauseMs: 60_000 } }));
    const refused = await sync('b', requestFor(webhook, { fresh: 1 }));
    expect(refused).toMatchObject({ fresh: 0, refusal: 'not_before' });
    await sync('a', requestFor(webhook, { update: { ...updateOf(refused.version), pauseMs: 50 } }));
    await eventually(async () =>
      expect(await sync('b', requestFor(webhook, { fresh: 1 }))).toMatchObject({ fresh: 1, refusal: null }),
    );
  });
});

describe('rate limit', () => {
  it('assigns start times over all workers', async () => {
    const webhook = newWebhook({ rateLimit: { limit: 10, perSeconds: 1 } });
    const startedAtMs = performance.now();
    const first = await sync('a', requestFor(webhook, { fresh: 3 }));
    expect(first).toMatchObject({ fresh: 3, waitMs: 0 });
    const second = await sync('b', requestFor(webhook, { fresh: 3 }));
    expect(second.fresh).toBe(3);
    expect(second.waitMs).toBeGreaterThanOrEqual(Math.floor(299 - (performance.now() - startedAtMs)));
    expect(second.waitMs).toBeLessThanOrEqual(300);
  });

  it('grants no slot whose start is too far away', async () => {
    const webhook = newWebhook({ rateLimit: { limit: 1, perSeconds: 60 } });
    expect(await sync('a', requestFor(webhook, { fresh: 5 }))).toMatchObject({
      fresh: 1,
      refusal: 'rate_limit',
    });
    expect(await sync('a', requestFor(webhook, { leased: 1, fresh: 5 }))).toMatchObject({
      fresh: 0,
      refusal: 'rate_limit',
    });
    const [snapshot] = await store.snapshots([webhook]);
    expect(snapshot?.nextStartInMs).toBeGreaterThan(55_000);
  });
});

describe('the fence', () => {
  let fences: FenceStore;
  beforeEach(async () => {
    fences = await createFenceStore(settings);
  });
  afterEach(() => fences.stop());

  it('refuses epochs below it, to every worker and also without a free slot', async () => {
    const webhook = newWebhook({ epoch: 5 });
    await sync('a', requestFor(webhook, { fresh: 10 }));
    await fences.raise([{ webhookId: webhook.id, epoch: 6, isDeleted: false }]);
    for (const worker of ['a', 'b']) {
      expect(await sync(worker, requestFor(webhook, { fresh: 1 }))).toMatchObject({
        fresh: 0,
        refusal: 'fenced',
        fence: { id: webhook.id, epoch: 6, isDeleted: false },
      });
    }
    expect(await sync('b', requestFor({ ...webhook, epoch: 6 }, { fresh: 1 }))).toMatchObject({
      fresh: 1,
      refusal: null,
      fence: null,
    });
  });

  it('refuses every epoch of a deleted webhook, and no other webhook', async () => {
    const webhook = newWebhook({ epoch: 9 });
    await fences.raise([{ webhookId: webhook.id, epoch: 6, isDeleted: true }]);
    expect(await sync('a', requestFor(webhook, { fresh: 1, released: 1 }))).toMatchObject({
      released: 0,
      fresh: 0,
      fence: { id: webhook.id, epoch: 6, isDeleted: true },
    });
    expect(await sync('a', requestFor(newWebhook(), { fresh: 1 }))).toMatchObject({ fresh: 1 });
  });

  it('refuses all webhooks of a tenant below its fence, in every shard, and admits the epoch of the fence', async () => {
    const tenantId = randomUUID();
    const webhooks = [newWebhook({ tenantId, tenantEpoch: 2 }), newWebhook({ tenantId, tenantEpoch: 2 })];
    await fences.raiseTenants([{ tenantId, epoch: 3, isDeleted: true }]);
    for (const webhook of webhooks) {
      expect(await sync('a', requestFor(webhook, { fresh: 1 }))).toMatchObject({
        fresh: 0,
        refusal: 'fenced',
        fence: { id: tenantId, epoch: 3, isDeleted: true },
      });
      const current = { ...webhook, tenantEpoch: 3 };
      expect(await sync('a', requestFor(current, { fresh: 1 }))).toMatchObject({ fresh: 1, fence: null });
    }
    expect(await sync('a', requestFor(newWebhook(), { fresh: 1 }))).toMatchObject({ fresh: 1 });
  });

  it.each(['suspended', 'deleted'])('lets the flow state of a webhook that was %s expire', async (status) => {
    const redis = await openScriptClient<object>(settings, {});
    try {
      const webhook = newWebhook({ epoch: 5, validatedAt: new Date() });
      const next = { ...webhook, epoch: 6 };
      const ttlOf = (of: SlotWebhook) => redis.ttl(flowKey(settings.prefix, of));
      await sync('a', requestFor(webhook, { fresh: 1 }));
      expect(await ttlOf(webhook)).toBeGreaterThan(ENDED_FLOW_TTL_SECONDS);
      const { id: webhookId, validatedAt } = webhook;
      await fences.raise([{ webhookId, epoch: 6, isDeleted: status === 'deleted', validatedAt }]);
      expect(await ttlOf(webhook)).toBeLessThanOrEqual(ENDED_FLOW_TTL_SECONDS);
      // A worker returns the slot of its last request.
      await sync('a', requestFor(webhook));
      expect(await ttlOf(webhook)).toBeLessThanOrEqual(ENDED_FLOW_TTL_SECONDS);
      if (status === 'deleted') return;
      await sync('a', requestFor(next, { fresh: 1 }));
      expect(await ttlOf(next)).toBeGreaterThan(ENDED_FLOW_TTL_SECONDS);
    } finally {
      redis.disconnect();
    }
  });

  it('comes before a Retry-After and a rate limit', async () => {
    const webhook = newWebhook({ rateLimit: { limit: 1, perSeconds: 60 } });
    const { version } = await sync('a', requestFor(webhook, { fresh: 1 }));
    await sync('a', requestFor(webhook, { update: { ...updateOf(version), pauseMs: 60_000 } }));
    await fences.raise([{ webhookId: webhook.id, epoch: 2, isDeleted: false }]);
    expect(await sync('a', requestFor(webhook, { fresh: 1 }))).toMatchObject({ refusal: 'fenced' });
  });
});

describe('the times of a flow state', () => {
  const DAY_MS = 86_400_000;

  it.each([DAY_MS, -DAY_MS])(
    'are durations, so a clock that differs by %d ms does not matter',
    async (skewMs) => {
      const webhook = newWebhook();
      const { version } = await sync('a', requestFor(webhook));
      const skewed = await createSlotStore(settings, () => performance.now() + skewMs);
      try {
        const nowMs = performance.now() + skewMs;
        const state = { ...INITIAL_FLOW_STATE, notBeforeMs: nowMs + 60_000, halvedAtMs: nowMs };
        const update = { version, state, pauseMs: 60_000, isHalved: true };
        const [reply] = await skewed.syncSlots('skewed', [requestFor(webhook, { update })]);
        expect((reply?.state.notBeforeMs ?? 0) - nowMs).toBeCloseTo(60_000, -5);
        expect((reply?.state.halvedAtMs ?? 0) - nowMs).toBeCloseTo(0, -5);
      } finally {
        await skewed.stop();
      }
      const { state } = await sync('a', requestFor(webhook));
      expect(state.notBeforeMs - performance.now()).toBeCloseTo(60_000, -5);
      expect(state.halvedAtMs - performance.now()).toBeCloseTo(0, -5);
      const [snapshot] = await store.snapshots([webhook]);
      expect((snapshot?.state.notBeforeMs ?? 0) - performance.now()).toBeCloseTo(60_000, -5);
    },
  );

  it('are kept by an update without a pause', async () => {
    const webhook = newWebhook();
    const { version } = await sync('a', requestFor(webhook));
    const paused = { ...updateOf(version), pauseMs: 60_000, isHalved: true };
    const before = await sync('a', requestFor(webhook, { update: paused }));
    const after = await sync('b', requestFor(webhook, { update: updateOf(before.version) }));
    expect(after.updated).toBe(true);
    expect(after.state.notBeforeMs - before.state.notBeforeMs).toBeCloseTo(0, -5);
    expect(after.state.halvedAtMs - before.state.halvedAtMs).toBeCloseTo(0, -5);
  });
});

describe('held deliveries', () => {
  it.each<[string, Partial<SlotWebhook>, number]>([
    ['with strikes', {}, 1],
    ['with a rate limit', { rateLimit: { limit: 100, perSeconds: 1 } }, 0],
  ])('come first for a webhook %s', async (_case, changes, strikes) => {
    const webhook = newWebhook(changes);
    const { version } = await sync('a', requestFor(webhook));
    await sync(
      'a',
      requestFor(webhook, { held: true, update: updateOf(version, { ...INITIAL_FLOW_STATE, strikes }) }),
    );
    expect((await store.webhooksWithHeld()).ids).toEqual([webhook.id]);
    const reply = await sync('b', requestFor(webhook, { fresh: 2, released: 3 }));
    expect(reply).toMatchObject({ fresh: 0, released: 3, refusal: 'held_first' });
  });

  it('come first only while slots are scarce for a healthy webhook', async () => {
    const webhook = newWebhook();
    await sync('a', requestFor(webhook, { held: true }));
    const reply = await sync('b', requestFor(webhook, { fresh: 5, released: 8 }));
    expect(reply).toMatchObject({ fresh: 2, released: 8, refusal: 'window' });
  });

  it('no longer come first once all are released', async () => {
    const webhook = newWebhook();
    const { version } = await sync('a', requestFor(webhook));
    await sync(
      'a',
      requestFor(webhook, { held: true, update: updateOf(version, { ...INITIAL_FLOW_STATE, strikes: 1 }) }),
    );
    const [snapshot] = await store.snapshots([webhook]);
    await store.clearHeld(webhook, snapshot?.heldMark ?? null);
    expect((await store.webhooksWithHeld()).ids).toEqual([]);
    expect(await sync('b', requestFor(webhook, { fresh: 2 }))).toMatchObject({ fresh: 2, refusal: null });
  });

  it('keep their webhook listed if one was held in the meantime', async () => {
    const webhook = newWebhook();
    await sync('a', requestFor(webhook, { held: true }));
    const [snapshot] = await store.snapshots([webhook]);
    await sleep(5);
    await sync('a', requestFor(webhook, { held: true }));
    await store.clearHeld(webhook, snapshot?.heldMark ?? null);
    expect((await store.webhooksWithHeld()).ids).toEqual([webhook.id]);
    await store.removeHeld([webhook.id]);
    expect((await store.webhooksWithHeld()).ids).toEqual([]);
  });
});

describe('the list of webhooks with held deliveries', () => {
  it('can be read from the last report on', async () => {
    const [first, second] = [newWebhook(), newWebhook()];
    await sync('a', requestFor(first, { held: true }));
    const { ids, marks } = await store.webhooksWithHeld();
    expect(ids).toEqual([first.id]);
    await sleep(5);
    await sync('a', requestFor(second, { held: true }));
    const further = await store.webhooksWithHeld(marks);
    expect(further.ids).toContain(second.id);
    await sleep(5);
    await sync('a', requestFor(first, { held: true }));
    expect((await store.webhooksWithHeld(further.marks)).ids).toContain(first.id);
  });

  it('includes added webhooks, without changing the time of a report', async () => {
    const [reported, added] = [newWebhook(), newWebhook()];
    await sync('a', requestFor(reported, { held: true }));
    const { marks } = await store.webhooksWithHeld();
    await store.addHeld([reported.id, added.id]);
    await store.addHeld([]);
    expect(await store.webhooksWithHeld()).toEqual({ ids: [added.id, reported.id], marks });
  });
});
