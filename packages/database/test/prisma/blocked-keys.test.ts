import { expect, it, jest } from '@jest/globals';
import { newId } from '@posthorn/core';
import { findDelivery } from '../../src/deliveries/find-delivery.js';
import { listBlockedKeys } from '../../src/deliveries/list-blocked-keys.js';
import { readBlockedWebhooks } from '../../src/health/read-blocked-webhooks.js';
import { addChained } from '../fixtures/delivery-rows.js';
import { explainScans, type Statement } from '../fixtures/explain-scans.js';
import { addWebhook, attemptOf, recordNext } from '../fixtures/rows.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();

/** Adds 3,000 pending deliveries that wait for a head. */
async function addWaiting(webhookId: string, chain: string, attemptCount: number): Promise<void> {
  await db.pool.query(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, sequence, ordering_key, chain)
     SELECT gen_random_uuid(), gen_random_uuid(), id, tenant_id, now(), epoch, $3, 100 + n, '', $2
     FROM webhook, generate_series(1, 3000) AS n WHERE id = $1`,
    [webhookId, chain, attemptCount],
  );
  await db.pool.query('ANALYZE pending_delivery');
}

/** Runs a read, and returns the rows that its statements read from pending_delivery. */
async function rowsReadBy(read: () => Promise<unknown>): Promise<number> {
  const query = jest.spyOn(db.pool, 'query');
  await read();
  const statements = query.mock.calls.map(([statement]) => statement as unknown as Statement);
  query.mockRestore();
  const scans = [];
  for (const { text, values } of statements) scans.push(...(await explainScans(db.pool, { text, values })));
  return scans
    .filter(({ name }) => name.endsWith(' pending_delivery'))
    .reduce((total, { rows }) => total + rows, 0);
}

it('are found without reading the deliveries that wait, or those of a replay', async () => {
  const webhookId = await addWebhook(db.pool);
  const head = await addChained(db.pool, { webhookId, sequence: 1 });
  const second = await addChained(db.pool, { webhookId, sequence: 2 });
  await recordNext(db.pool, [attemptOf(head)]);
  await addWaiting(webhookId, '00000000-0000-0000-0000-000000000000', 0);
  await addWaiting(webhookId, newId(), 3);
  const others = await Promise.all(Array.from({ length: 20 }, () => addWebhook(db.pool)));

  const reads = [
    () => readBlockedWebhooks(db.prisma, [webhookId, ...others], 1000),
    () => listBlockedKeys(db.prisma, { webhookId, maxCount: 10 }, { limit: 50 }),
    () => findDelivery(db.prisma, { id: second, tenantId: null }),
  ];
  for (const read of reads) expect(await rowsReadBy(read)).toBeLessThan(20);
  expect(await findDelivery(db.prisma, { id: second, tenantId: null })).toMatchObject({ waitsFor: head });
});

it('are counted up to a maximum', async () => {
  const webhookId = await addWebhook(db.pool);
  for (const [index, orderingKey] of ['a', 'b', 'c'].entries())
    await recordNext(db.pool, [
      attemptOf(await addChained(db.pool, { webhookId, sequence: index + 1, orderingKey })),
    ]);
  await addChained(db.pool, { webhookId, sequence: 4, orderingKey: 'a' });
  await addChained(db.pool, { webhookId, sequence: 5, orderingKey: 'a' });
  expect((await readBlockedWebhooks(db.prisma, [webhookId], 2)).get(webhookId)).toMatchObject({ keys: 2 });
  const { items } = await listBlockedKeys(db.prisma, { webhookId, maxCount: 1 }, { limit: 50 });
  const waiting = items.map((item) => [item.orderingKey, item.waiting]);
  expect(Object.fromEntries(waiting)).toEqual({ a: 1, b: 0, c: 0 });
});
