import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StoredFence, WebhookFence } from '@posthorn/core';
import { openScriptClient } from '@posthorn/queue';
import { createFenceStore, FENCE_DAYS, type FencePage, type FenceStore } from '../src/fences/fence-store.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const settings = useQueuePrefix();
let store: FenceStore;
let redis: Awaited<ReturnType<typeof openScriptClient<object>>>;
beforeEach(async () => {
  store = await createFenceStore(settings);
  redis = await openScriptClient<object>(settings, {});
});
afterEach(async () => {
  await store.stop();
  redis.disconnect();
});

const key = () => `${settings.prefix}:fences`;
const newFence = (epoch = 1, isDeleted = false): WebhookFence => ({
  webhookId: randomUUID(),
  epoch,
  isDeleted,
});

/** Returns the fence as it is stored. */
const stored = ({ webhookId: id, epoch, isDeleted }: WebhookFence): StoredFence => ({ id, epoch, isDeleted });

/** Returns all fences, in any order, each once. */
async function readAll(): Promise<StoredFence[]> {
  const all = new Map<string, StoredFence>();
  let cursor: string | null = null;
  do {
    const page: FencePage = await store.page(cursor);
    for (const fence of page.fences) all.set(fence.id, fence);
    cursor = page.next;
  } while (cursor !== null);
  return [...all.values()];
}

describe('raise', () => {
  it('keeps the highest epoch, in any order', async () => {
    const fence = newFence(3);
    for (const epoch of [3, 5, 4]) await store.raise([{ ...fence, epoch }]);
    expect(await readAll()).toEqual([stored({ ...fence, epoch: 5 })]);
  });

  it('compares epochs as numbers', async () => {
    const fence = newFence(9);
    await store.raise([fence, { ...fence, epoch: 10 }]);
    expect(await readAll()).toEqual([stored({ ...fence, epoch: 10 })]);
  });

  it('keeps a deleted webhook deleted', async () => {
    const fence = newFence(5);
    await store.raise([{ ...fence, epoch: 4, isDeleted: true }]);
    await store.raise([fence]);
    expect(await readAll()).toEqual([stored({ ...fence, epoch: 5, isDeleted: true })]);
  });

  it('keeps the highest epoch of a tenant, which a later epoch restores', async () => {
    const tenantId = randomUUID();
    const raise = (epoch: number, isDeleted = false) => store.raiseTenants([{ tenantId, epoch, isDeleted }]);
    await raise(4, true);
    await raise(3);
    await raise(4);
    expect(await readAll()).toEqual([{ id: tenantId, epoch: 4, isDeleted: true }]);
    await raise(5);
    expect(await readAll()).toEqual([{ id: tenantId, epoch: 5, isDeleted: false }]);
  });

  it('raises many fences, and none', async () => {
    const fences = Array.from({ length: 3000 }, (_, index) => newFence(index));
    await store.raise([]);
    await store.raise(fences);
    const raised = await readAll();
    expect(raised).toHaveLength(fences.length);
    expect(new Set(raised.map(({ epoch }) => epoch)).size).toBe(fences.length);
  });

  it('lets the fences of an abandoned installation expire', async () => {
    await store.raise([newFence()]);
    expect(await redis.ttl(key())).toBeGreaterThan(FENCE_DAYS * 86_400);
  });
});

describe('page', () => {
  it('deletes fences that were raised more than a week ago, and returns the others', async () => {
    const [expired, kept] = [newFence(), newFence()];
    await store.raise([kept]);
    await redis.hset(key(), expired.webhookId, `1:0:${Date.now() - FENCE_DAYS * 86_400_000 - 1000}`);
    expect(await readAll()).toEqual([stored(kept)]);
    expect(await redis.hkeys(key())).toEqual([kept.webhookId]);
  });

  it.each([
    ['the process', { ageDays: 0, processDays: 40 }],
    ['Redis', { ageDays: 8, processDays: -40 }],
  ])('keeps a fence that has expired only by the clock of %s, which is ahead', async (_, offsets) => {
    const { ageDays, processDays } = offsets;
    const fence = newFence();
    const now = Date.now();
    await redis.hset(key(), fence.webhookId, `1:0:${now - ageDays * 86_400_000}`);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now + processDays * 86_400_000);
    try {
      expect(await readAll()).toEqual([stored(fence)]);
    } finally {
      clock.mockRestore();
    }
    expect(await redis.hkeys(key())).toEqual([fence.webhookId]);
  });
});
