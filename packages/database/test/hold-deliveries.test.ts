import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { holdDeliveries } from '../src/deliveries/hold-deliveries.js';
import { listDueDeliveries } from '../src/deliveries/list-due-deliveries.js';
import { listWebhooksWithHeld } from '../src/deliveries/list-webhooks-with-held.js';
import { releaseHeld } from '../src/deliveries/release-held.js';
import { setSlow } from '../src/webhooks/set-slow.js';
import type { Pool } from 'pg';
import { addPending, addPendingRows, type PendingRow } from './fixtures/delivery-rows.js';
import { drop, readPending } from './fixtures/outcomes.js';
import { addTenant, addWebhook, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const addDelivery = (row: PendingRow) => addPending(db.pool, row);
const addHeld = (row: PendingRow) => addDelivery({ ...row, held: true });

const hold = async (...ids: string[]) => holdDeliveries(db.pool, await readPending(db.pool, ids));

const newWebhook = async () => addWebhook(db.pool, { tenantId: await addTenant(db.pool) });

async function heldOf(webhookId: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ id: string }>(
    'SELECT id FROM delivery WHERE webhook_id = $1 AND held ORDER BY next_attempt_at',
    [webhookId],
  );
  return rows.map(({ id }) => id);
}

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: PlanNode[];
}

/** Returns the number of rows that the statement of `run` reads from tables. */
async function rowsRead(run: (pool: Pool) => Promise<unknown>): Promise<number> {
  const statements: string[] = [];
  // Captures the statement instead of running it.
  await run({ query: (sql: string) => (statements.push(sql), { rows: [] }) } as unknown as Pool);
  const { rows } = await db.pool.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${statements[0]}`,
  );
  const count = (node: PlanNode): number => {
    const own = /Scan/.test(node['Node Type']) ? node['Actual Rows'] * node['Actual Loops'] : 0;
    return (node.Plans ?? []).reduce((sum, child) => sum + count(child), own);
  };
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  if (!plan) throw new Error('EXPLAIN returned no plan');
  return count(plan);
}

const lockWait = (pool: Pool) =>
  eventually(async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(rowCount).toBe(1);
  });

const release = async (webhookId: string, count: number) =>
  (await releaseHeld(db.pool, [{ webhookId, count }])).map(({ id }) => id);

describe('holdDeliveries', () => {
  it('holds pending deliveries, which the reconciler then ignores', async () => {
    const webhookId = await newWebhook();
    const [held, notHeld] = [await addDelivery({ webhookId }), await addDelivery({ webhookId })];
    const unknown = { deliveryId: newId(), epoch: 0, dueAt: new Date() };
    const read = [...(await readPending(db.pool, [held])), unknown];
    expect(await holdDeliveries(db.pool, read)).toEqual(new Map([[held, 'held']]));
    expect(await hold(held)).toEqual(new Map([[held, 'held']]));
    expect(await heldOf(webhookId)).toEqual([held]);
    const page = { overdueMs: null, after: null, limit: 10_000 };
    const due = (await listDueDeliveries(db.pool, page)).deliveries.map(({ id }) => id);
    expect(due).toContain(notHeld);
    expect(due).not.toContain(held);
  });

  it('does not change a settled delivery', async () => {
    const webhookId = await newWebhook();
    const id = await addDelivery({ webhookId });
    const read = await readPending(db.pool, [id]);
    await recordNext(db.pool, [successOf(id)]);
    expect(await holdDeliveries(db.pool, read)).toEqual(new Map());
    expect(await heldOf(webhookId)).toEqual([]);
  });

  it.each([
    ['parked', `parked = true, next_attempt_at = now() + interval '2 h'`],
    ['brought forward', `next_attempt_at = now() + interval '1 s'`],
    ['made pending again', 'epoch = epoch + 1'],
  ])('does not hold a delivery that was %s since it was read, also while it waits', async (_name, change) => {
    const webhookId = await newWebhook();
    const id = await addDelivery({ webhookId });
    const read = await readPending(db.pool, [id]);
    const other = await db.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query(`UPDATE pending_delivery SET ${change} WHERE id = $1`, [id]);
      const holding = holdDeliveries(db.pool, read);
      await lockWait(db.pool);
      await other.query('COMMIT');
      expect(await holding).toEqual(new Map());
    } finally {
      other.release();
    }
    expect(await holdDeliveries(db.pool, read)).toEqual(new Map());
    expect(await heldOf(webhookId)).toEqual([]);
  });
});

describe('releaseHeld', () => {
  it('releases the deliveries due first, in that order', async () => {
    const webhookId = await newWebhook();
    const dueInMs = [50_000, -50_000, 0, 90_000, -90_000, 20_000];
    const ids: string[] = [];
    for (const due of dueInMs) ids.push(await addHeld({ webhookId, dueInMs: due }));
    expect(await release(webhookId, 4)).toEqual([ids[4], ids[1], ids[2], ids[5]]);
    expect(await release(webhookId, 10)).toEqual([ids[0], ids[3]]);
    expect(await release(webhookId, 10)).toEqual([]);
  });

  it('releases the older of deliveries due at the same time', async () => {
    const webhookId = await newWebhook();
    const dueAt = new Date('2026-01-31T12:00:00Z');
    const ids = await addPendingRows(
      db.pool,
      Array.from({ length: 30 }, () => newId())
        .toSorted(() => Math.random() - 0.5)
        .map((id) => ({ id, webhookId, dueAt, held: true })),
    );
    ids.sort();
    expect(await release(webhookId, 20)).toEqual(ids.slice(0, 20));
  });

  it('releases the requested number per webhook, and none of other webhooks', async () => {
    const [someReleased, allReleased, noneReleased] = [
      await newWebhook(),
      await newWebhook(),
      await newWebhook(),
    ];
    for (const webhookId of [someReleased, allReleased, noneReleased]) {
      for (let n = 0; n < 5; n += 1) await addHeld({ webhookId, dueInMs: n });
    }
    const released = await releaseHeld(db.pool, [
      { webhookId: someReleased, count: 2 },
      { webhookId: allReleased, count: 500 },
    ]);
    const counts = (webhookId: string) =>
      released.filter((delivery) => delivery.webhookId === webhookId).length;
    expect([counts(someReleased), counts(allReleased), counts(noneReleased)]).toEqual([2, 5, 0]);
    expect((await heldOf(someReleased)).length).toBe(3);
    expect((await heldOf(noneReleased)).length).toBe(5);
    expect(await releaseHeld(db.pool, [])).toEqual([]);
  });

  it('does not release settled deliveries', async () => {
    const webhookId = await newWebhook();
    const [settled, pending] = [await addHeld({ webhookId }), await addHeld({ webhookId })];
    await drop(db.pool, [settled], 'suspended');
    expect(await release(webhookId, 10)).toEqual([pending]);
  });

  it('releases each delivery to one of two concurrent callers', async () => {
    const webhookId = await newWebhook();
    for (let n = 0; n < 20; n += 1) await addHeld({ webhookId });
    const both = await Promise.all([release(webhookId, 10), release(webhookId, 10)]);
    const ids = both.flat();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length + (await heldOf(webhookId)).length).toBe(20);
  });

  it('returns the lane of each delivery', async () => {
    const webhookId = await newWebhook();
    const notAttempted = await addHeld({ webhookId, dueInMs: 1 });
    const retried = await addHeld({ webhookId, dueInMs: 2, attemptCount: 1 });
    const replayed = await addHeld({ webhookId, dueInMs: 3, replayId: newId() });
    const released = await releaseHeld(db.pool, [{ webhookId, count: 10 }]);
    const facts = { dueInMs: expect.any(Number), tenantId: expect.any(String), webhookId, isChained: false };
    expect(released).toEqual([
      { id: notAttempted, lane: 'fast', ...facts },
      { id: retried, lane: 'retry', ...facts },
      { id: replayed, lane: 'replay', ...facts },
    ]);
    await hold(notAttempted);
    await setSlow(db.pool, [{ id: webhookId, epoch: 0, slow: true }]);
    expect(await releaseHeld(db.pool, [{ webhookId, count: 10 }])).toMatchObject([
      { id: notAttempted, lane: 'slow' },
    ]);
  });
});

describe('listWebhooksWithHeld', () => {
  it('returns each webhook once, however many deliveries are held', async () => {
    const before = await listWebhooksWithHeld(db.pool);
    const [withTwenty, withOne, withNoneHeld, withSettled] = [
      await newWebhook(),
      await newWebhook(),
      await newWebhook(),
      await newWebhook(),
    ];
    for (let n = 0; n < 20; n += 1) await addHeld({ webhookId: withTwenty });
    await addHeld({ webhookId: withOne });
    await addDelivery({ webhookId: withNoneHeld });
    await drop(db.pool, [await addHeld({ webhookId: withSettled })], 'suspended');
    const listed = await listWebhooksWithHeld(db.pool);
    expect(listed.toSorted()).toEqual([...before, withTwenty, withOne].toSorted());
    for (const webhookId of listed) await release(webhookId, 1000);
    expect(await listWebhooksWithHeld(db.pool)).toEqual([]);
  });

  it('skips from webhook to webhook without reading all held deliveries', async () => {
    const webhookIds = await Promise.all(Array.from({ length: 5 }, newWebhook));
    const rows = webhookIds.map((webhookId) => ({ webhookId, held: true }));
    await addPendingRows(db.pool, Array.from({ length: 4000 }, () => rows).flat());
    await db.pool.query('ANALYZE pending_delivery');
    expect(await rowsRead(listWebhooksWithHeld)).toBeLessThan(200);
    expect((await listWebhooksWithHeld(db.pool)).toSorted()).toEqual(webhookIds.toSorted());
  });
});
