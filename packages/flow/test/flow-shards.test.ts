import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { Shards } from '@posthorn/queue';
import { createRedisUser } from '@posthorn/testkit';
import { createFenceStore, type FencePage, type FenceStore } from '../src/fences/fence-store.js';
import type { SlotWebhook } from '../src/slots/slot-messages.js';
import { createSlotStore, type SlotStore } from '../src/slots/slot-store.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const SHARDS = 3;

const prefix = useQueuePrefix();
let store: SlotStore;
let fences: FenceStore;
beforeEach(async () => {
  const settings = { redisUrl: prefix.redisUrl, prefix: prefix.prefix, shards: SHARDS };
  store = await createSlotStore(settings);
  fences = await createFenceStore(settings);
});
afterEach(async () => {
  await store.stop();
  await fences.stop();
});

const ignore = () => {};

const TENANT_ID = newId();

/** Returns webhooks of all shards, mixed, of one tenant. */
function newWebhooks(): SlotWebhook[] {
  const webhooks = Array.from({ length: 30 }, () => ({
    id: newId(),
    epoch: 0,
    tenantId: TENANT_ID,
    tenantEpoch: 0,
    validatedAt: null,
    maxInFlight: 100,
    rateLimit: null,
  }));
  const shards = new Set(webhooks.map(({ id }) => store.shardOf(id)));
  expect(shards).toEqual(new Set([0, 1, 2]));
  return webhooks;
}

function sync(webhook: SlotWebhook, { leased = 0, held = false } = {}) {
  const request = { webhook, leased, released: 0, fresh: 1, update: null, held, endedWaits: leased };
  return store.syncSlots('worker', [request]);
}

it('returns snapshots in the order of the webhooks', async () => {
  const webhooks = newWebhooks();
  for (const [index, webhook] of webhooks.entries()) await sync(webhook, { leased: index });
  const snapshots = await store.snapshots(webhooks);
  expect(snapshots.map((snapshot) => snapshot?.endedWaits)).toEqual(webhooks.map((_, index) => index));
});

it('finds the webhooks with held deliveries in all shards, and later those that were reported since', async () => {
  const webhooks = newWebhooks();
  for (const webhook of webhooks) await sync(webhook, { held: true });
  const known = await store.webhooksWithHeld();
  expect(known.ids.toSorted()).toEqual(webhooks.map(({ id }) => id).toSorted());
  const [first, ...others] = webhooks;
  if (first) await sync(first, { held: true });
  const { ids } = await store.webhooksWithHeld(known.marks);
  expect(ids).toContain(first?.id);
  // Those of the last millisecond of each shard are returned again.
  expect(ids.length).toBeLessThan(webhooks.length);

  await store.removeHeld(others.map(({ id }) => id));
  expect((await store.webhooksWithHeld()).ids).toEqual([first?.id]);
  if (first) await store.clearHeld(first, (await store.snapshots([first]))[0]?.heldMark ?? null);
  expect((await store.webhooksWithHeld()).ids).toEqual([]);
  await store.addHeld(others.map(({ id }) => id));
  expect((await store.webhooksWithHeld()).ids.toSorted()).toEqual(others.map(({ id }) => id).toSorted());
});

it('omits the webhooks of a shard that does not reply, and keeps its mark', async () => {
  const settings = { redisUrl: prefix.redisUrl, prefix: prefix.prefix, shards: SHARDS };
  const user = await createRedisUser(settings.redisUrl, '&*', '+@all');
  const limited = await createSlotStore({ ...settings, redisUrl: user.redisUrl });
  try {
    const webhooks = newWebhooks();
    const failing = (id: string) => store.shardOf(id) === 0;
    for (const [index, webhook] of webhooks.entries()) await sync(webhook, { leased: index, held: true });
    const { marks } = await limited.webhooksWithHeld();
    const [, ...others] = new Shards(settings).prefixes;
    await user.change('resetkeys', ...others.map((shard) => `~${shard}:*`));

    const held = await limited.webhooksWithHeld([], ignore);
    expect(new Set(held.ids)).toEqual(new Set(webhooks.map(({ id }) => id).filter((id) => !failing(id))));
    expect((await limited.webhooksWithHeld(marks, ignore)).marks).toEqual(marks);
    const snapshots = await limited.snapshots(webhooks, ignore);
    const started = webhooks.map(({ id }, index) => (failing(id) ? undefined : index));
    expect(snapshots.map((snapshot) => snapshot?.endedWaits)).toEqual(started);
    await expect(limited.webhooksWithHeld()).rejects.toThrow('NOPERM');
    await expect(limited.snapshots(webhooks)).rejects.toThrow('NOPERM');

    await user.change('resetkeys');
    await expect(limited.webhooksWithHeld([], ignore)).rejects.toThrow('NOPERM');
  } finally {
    await limited.stop();
    await user.drop();
  }
});

it('refuses the webhooks of a fenced tenant in every shard', async () => {
  const webhooks = newWebhooks();
  await fences.raiseTenants([{ tenantId: TENANT_ID, epoch: 1, isDeleted: false }]);
  for (const webhook of webhooks) {
    const [reply] = await sync(webhook);
    expect(reply).toMatchObject({ fresh: 0, refusal: 'fenced', fence: { id: TENANT_ID, epoch: 1 } });
    const [current] = await sync({ ...webhook, tenantEpoch: 1 });
    expect(current).toMatchObject({ fresh: 1, fence: null });
  }
});

it('refuses fenced webhooks of every shard, and pages through all fences', async () => {
  const webhooks = newWebhooks();
  await fences.raise(webhooks.map(({ id }) => ({ webhookId: id, epoch: 1, isDeleted: false })));
  for (const webhook of webhooks) {
    const [reply] = await sync(webhook);
    expect(reply).toMatchObject({ fresh: 0, refusal: 'fenced' });
  }
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page: FencePage = await fences.page(cursor);
    found.push(...page.fences.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  expect(found.toSorted()).toEqual(webhooks.map(({ id }) => id).toSorted());
});
