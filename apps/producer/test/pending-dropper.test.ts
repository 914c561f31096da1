import { expect, it } from '@jest/globals';
import type { DropReason } from '@posthorn/core';
import { addPendingRows, addTenant, addWebhook, type WebhookRow } from '@posthorn/database/fixtures';
import { createPendingDropper } from '../src/suspension/pending-dropper.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

/** Inserts a webhook of epoch 1 with pending deliveries of an epoch. */
async function addStopped(
  status: 'suspended' | 'deleted' | 'active',
  epoch: number,
  { ageMs = 60_000, ...row }: WebhookRow & { ageMs?: number } = {},
): Promise<string> {
  const columns = { suspended_at: new Date(Date.now() - ageMs), ...row.columns };
  const webhookId = await addWebhook(database.pool, { ...row, status, epoch: 1, columns });
  await addPendingRows(
    database.pool,
    Array.from({ length: 10 }, () => ({ webhookId, epoch })),
  );
  return webhookId;
}

async function outcomeOf(webhookId: string): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    'SELECT DISTINCT status::text, reason FROM delivery WHERE webhook_id = $1',
    [webhookId],
  );
  return rows;
}

it('drops the pending deliveries that a suspend or delete left, and no others', async () => {
  const [suspended, deleted] = [await addStopped('suspended', 0), await addStopped('deleted', 0)];
  const reactivated = await addStopped('active', 1);
  const counted: [DropReason, number][] = [];
  const run = createPendingDropper({
    pool: database.pool,
    metrics: { dropped: (reason, count) => counted.push([reason, count]) },
  });
  await run();
  expect(await outcomeOf(suspended)).toEqual([{ status: 'dropped', reason: 'suspended' }]);
  expect(await outcomeOf(deleted)).toEqual([{ status: 'dropped', reason: 'deleted' }]);
  expect(await outcomeOf(reactivated)).toEqual([{ status: 'pending', reason: null }]);
  expect(counted).toEqual(
    expect.arrayContaining([
      ['suspended', 10],
      ['deleted', 10],
    ]),
  );
  counted.length = 0;
  await run();
  expect(counted).toEqual([]);
});

it('drops those of all webhooks of a suspended tenant', async () => {
  const suspended = { status: 'suspended', epoch: 1, suspended_at: new Date(Date.now() - 60_000) };
  const tenantId = await addTenant(database.pool, suspended);
  const webhook = { tenantId, columns: { dropped_epoch: 1 } };
  const ids = [await addStopped('active', 1, webhook), await addStopped('active', 1, webhook)];
  const counted: [DropReason, number][] = [];
  const run = createPendingDropper({
    pool: database.pool,
    metrics: { dropped: (reason, count) => counted.push([reason, count]) },
  });
  expect(await run()).toBe(true);
  for (const id of ids)
    expect(await outcomeOf(id)).toEqual([{ status: 'dropped', reason: 'tenant_suspended' }]);
  expect(counted).toContainEqual(['tenant_suspended', 20]);
  counted.length = 0;
  await run();
  expect(counted).toEqual([]);
});

it('leaves the deliveries of a recent suspend to its call, which counts them', async () => {
  const suspended = await addStopped('suspended', 0, { ageMs: 0 });
  await createPendingDropper({ pool: database.pool, metrics: { dropped: () => {} } })();
  expect(await outcomeOf(suspended)).toEqual([{ status: 'pending', reason: null }]);
});
