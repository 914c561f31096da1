import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredFence } from '@posthorn/core';
import { addPending, addTenant, addWebhook, addWebhooks, type WebhookRow } from '@posthorn/database/fixtures';
import { createFenceStore, type FencePage, type FenceStore } from '@posthorn/flow';
import { createLogger } from '@posthorn/runtime';
import { type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import { createFenceKeeper } from '../src/suspension/fence-keeper.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
let prefix: FreshQueuePrefix;
let fences: FenceStore;
/** The number of dropped deliveries by reason. */
let dropped: Record<string, number>;
beforeEach(async () => {
  prefix = freshQueuePrefix();
  fences = await createFenceStore(prefix);
  dropped = {};
});
afterEach(async () => {
  await fences.stop();
  await prefix.clear();
});

function keepFences(): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'error' });
  return createFenceKeeper({
    pool: database.pool,
    fences,
    logger,
    dropped: (reason, count) => {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    },
  })();
}

/** Inserts an active webhook with a pending delivery. */
async function addActive(row: WebhookRow): Promise<string> {
  const webhookId = await addWebhook(database.pool, { activeSince: new Date(), ...row });
  await addPending(database.pool, { webhookId });
  return webhookId;
}

async function stateOf(id: string) {
  const { rows } = await database.pool.query(
    `SELECT w.status, w.epoch, d.status AS delivery, d.reason FROM webhook w JOIN delivery d ON d.webhook_id = w.id WHERE w.id = $1`,
    [id],
  );
  return rows[0];
}

async function fenceOf(id: string): Promise<StoredFence | undefined> {
  const { fences: all } = await fences.page(null);
  return all.find((fence) => fence.id === id);
}

describe('the fence keeper', () => {
  it('suspends and deletes webhooks again that a failover activated, and drops their deliveries', async () => {
    const [suspended, deleted, untouched] = await Promise.all([
      addActive({ epoch: 3 }),
      addActive({ epoch: 3 }),
      addActive({ epoch: 3 }),
    ]);
    await fences.raise([
      { webhookId: suspended, epoch: 4, isDeleted: false },
      { webhookId: deleted, epoch: 4, isDeleted: true },
    ]);
    await keepFences();
    expect(await stateOf(suspended)).toEqual({
      status: 'suspended',
      epoch: 5,
      delivery: 'dropped',
      reason: 'suspended',
    });
    expect(await stateOf(deleted)).toEqual({
      status: 'deleted',
      epoch: 5,
      delivery: 'dropped',
      reason: 'deleted',
    });
    expect(await stateOf(untouched)).toMatchObject({ status: 'active', epoch: 3, delivery: 'pending' });
    expect(dropped).toEqual({ deleted: 1, suspended: 1 });
    expect(await fenceOf(suspended)).toMatchObject({ epoch: 5, isDeleted: false });

    await keepFences();
    expect(await stateOf(suspended)).toMatchObject({ epoch: 5 });
    expect(dropped).toEqual({ deleted: 1, suspended: 1 });
  });

  it('suspends and deletes tenants again, and raises the fences of those that Redis lost', async () => {
    const add = () => addTenant(database.pool, { epoch: 3 });
    const [suspended, deleted, untouched] = [await add(), await add(), await add()];
    const webhookId = await addActive({ epoch: 3, tenantId: suspended });
    await fences.raiseTenants([
      { tenantId: suspended, epoch: 4, isDeleted: false },
      { tenantId: deleted, epoch: 4, isDeleted: true },
    ]);
    await keepFences();
    const { rows } = await database.pool.query(
      'SELECT id, status, epoch FROM tenant WHERE id = ANY ($1::uuid[]) ORDER BY id',
      [[suspended, deleted, untouched]],
    );
    expect(rows).toEqual([
      { id: suspended, status: 'suspended', epoch: 5 },
      { id: deleted, status: 'deleted', epoch: 5 },
      { id: untouched, status: 'active', epoch: 3 },
    ]);
    expect(await stateOf(webhookId)).toMatchObject({
      status: 'active',
      delivery: 'dropped',
      reason: 'tenant_suspended',
    });
    expect(dropped).toMatchObject({ tenant_suspended: 1 });
    expect(await fenceOf(suspended)).toMatchObject({ epoch: 5, isDeleted: false });
    expect(await fenceOf(deleted)).toMatchObject({ epoch: 5, isDeleted: true });
  });

  it('raises the fences that Redis lost or that a call could not raise', async () => {
    const sixDaysAgo = new Date(Date.now() - 6 * 86_400_000);
    const [suspended, deleted, active] = await Promise.all([
      addWebhook(database.pool, { status: 'suspended', epoch: 1, columns: { suspended_at: sixDaysAgo } }),
      addWebhook(database.pool, { status: 'deleted', epoch: 2, columns: { deleted_at: new Date() } }),
      addActive({ epoch: 0 }),
    ]);
    await keepFences();
    expect(await fenceOf(suspended)).toEqual({ id: suspended, epoch: 1, isDeleted: false });
    expect(await fenceOf(deleted)).toEqual({ id: deleted, epoch: 2, isDeleted: true });
    expect(await fenceOf(active)).toBeUndefined();
  });

  it('raises the fences of any number of webhooks', async () => {
    const columns = { suspended_at: new Date(Math.floor(Date.now() / 1000) * 1000) };
    await addWebhooks(database.pool, 2500, { status: 'suspended', epoch: 77, columns });
    await keepFences();
    const found = new Set<string>();
    for (let cursor: string | null = null; ;) {
      const page: FencePage = await fences.page(cursor);
      for (const { id, epoch } of page.fences) if (epoch === 77) found.add(id);
      if (page.next === null) break;
      cursor = page.next;
    }
    expect(found.size).toBe(2500);
  });
});
