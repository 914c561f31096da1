import { expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, type DropReason, newId } from '@posthorn/core';
import { createPendingDropper } from '../src/pending-dropper.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

/** Inserts a webhook of epoch 1 with pending deliveries of an epoch. */
async function addStopped(
  status: 'suspended' | 'deleted' | 'active',
  epoch: number,
  age = '1 minute',
): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, epoch, created_at)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, $3, 1, now() - $4::interval)`,
    [id, DEFAULT_TENANT_ID, status, age],
  );
  await database.pool.query(
    `INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
     SELECT posthorn_uuidv7(), posthorn_uuidv7(), $1, $2, now(), $3 FROM generate_series(1, 10)`,
    [id, DEFAULT_TENANT_ID, epoch],
  );
  return id;
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
  const tenantId = newId();
  const ids = [await addStopped('active', 1), await addStopped('active', 1)];
  await database.pool.query(
    `INSERT INTO tenant (id, name, status, epoch, suspended_at) VALUES ($1::uuid, $1::uuid::text, 'suspended', 1, now() - interval '1 minute')`,
    [tenantId],
  );
  await database.pool.query(
    'UPDATE webhook SET tenant_id = $1, dropped_epoch = 1 WHERE id = ANY ($2::uuid[])',
    [tenantId, ids],
  );
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
  const suspended = await addStopped('suspended', 0, '0 seconds');
  await createPendingDropper({ pool: database.pool, metrics: { dropped: () => {} } })();
  expect(await outcomeOf(suspended)).toEqual([{ status: 'pending', reason: null }]);
});
