import { describe, expect, it } from '@jest/globals';
import { derivedId, LIVE_CHAIN, MAX_ATTEMPTS, newId, SYSTEM } from '@posthorn/core';
import { findHeads } from '../src/deliveries/chain.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import {
  findDueDeliveries,
  listDueDeliveries,
  listDueRetries,
} from '../src/deliveries/list-due-deliveries.js';
import { loadDeliveries, type LoadedDelivery } from '../src/deliveries/load-deliveries.js';
import { readOldestDueAges } from '../src/deliveries/read-oldest-due-ages.js';
import { retryDelivery, type RetryRejection } from '../src/deliveries/retry-delivery.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import type { Pool } from 'pg';
import { addChained } from './fixtures/delivery-rows.js';
import { explainScans, type Statement } from './fixtures/explain-scans.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook, attemptOf, readDelivery, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

async function load(id: string): Promise<LoadedDelivery> {
  const [loaded] = await loadDeliveries(db.pool, [id]);
  if (typeof loaded !== 'object') throw new Error('The delivery was not loaded');
  return loaded;
}

const settledRow = async (id: string) =>
  (await db.pool.query('SELECT sequence::int, ordering_key FROM settled_delivery WHERE id = $1', [id]))
    .rows[0];

async function retry(id: string): Promise<RetryRejection | 'retried'> {
  const delivery = await findDelivery(db.prisma, { id, tenantId: null });
  if (!delivery) throw new Error('The delivery does not exist');
  const result = await retryDelivery(db.prisma, delivery, SYSTEM);
  return typeof result === 'string' ? result : 'retried';
}

/** Returns a webhook with two deliveries in strict order. */
async function addPair({ attemptCount = 0, dueInMs = 0 } = {}) {
  const webhookId = await addWebhook(db.pool, { tenantId: await addTenant(db.pool) });
  const head = await addChained(db.pool, { webhookId, sequence: 1, attemptCount, dueInMs });
  return { webhookId, head, second: await addChained(db.pool, { webhookId, sequence: 2 }) };
}

/** Adds deliveries that wait in one chain. */
const addWaiting = (webhookId: string, count: number) =>
  db.pool.query(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, sequence, ordering_key, chain)
     SELECT posthorn_uuidv7(), $1, $1, $1, now() - interval '1 min', 0, n, 'a', $2 FROM generate_series(1, $3) AS n`,
    [webhookId, LIVE_CHAIN, count],
  );

describe('loadDeliveries of a chain', () => {
  it('reads the place of a delivery in its chain', async () => {
    const webhookId = await addWebhook(db.pool);
    await db.pool.query(`UPDATE webhook SET on_exhausted = 'block', max_blocked_minutes = 7 WHERE id = $1`, [
      webhookId,
    ]);
    const keyed = { webhookId, orderingKey: 'a' };
    const [head, second] = [
      await addChained(db.pool, { ...keyed, sequence: 4_000_000_000 }),
      await addChained(db.pool, { ...keyed, sequence: 4_000_000_001 }),
    ];
    const loaded = await load(head);
    expect(loaded.delivery).toMatchObject({
      sequence: 4_000_000_000,
      chain: LIVE_CHAIN,
      orderingKey: 'a',
      isHead: true,
      firstAttemptAt: null,
    });
    expect(loaded.webhook).toMatchObject({ onExhausted: 'block', maxBlockedMinutes: 7 });
    expect((await load(second)).delivery.isHead).toBe(false);
    const ofOtherKey = await addChained(db.pool, { webhookId, orderingKey: 'b', sequence: 4_000_000_002 });
    expect((await load(ofOtherKey)).delivery.isHead).toBe(true);
    const both = await loadDeliveries(db.pool, [second, head]);
    expect(both).toMatchObject([{ delivery: { isHead: false } }, { delivery: { isHead: true } }]);
  });

  it('reads when a delivery that blocks others was first attempted', async () => {
    const { head } = await addPair();
    const startedAt = new Date(Date.now() - 5000);
    await recordNext(db.pool, [attemptOf(head, { startedAt })]);
    await recordNext(db.pool, [attemptOf(head)]);
    expect((await load(head)).delivery.firstAttemptAt).toEqual(startedAt);
    await db.pool.query('UPDATE pending_delivery SET chain = NULL WHERE id = $1', [head]);
    expect((await load(head)).delivery.firstAttemptAt).toBeNull();
  });

  it('reads it also for an event that is dated ahead', async () => {
    const webhookId = await addWebhook(db.pool);
    const eventId = derivedId('ahead', Date.now() + 23 * 3_600_000);
    const head = await addChained(db.pool, { webhookId, sequence: 1, eventId });
    const startedAt = new Date(Date.now() - 5000);
    await recordNext(db.pool, [attemptOf(head, { startedAt })]);
    expect((await load(head)).delivery.firstAttemptAt).toEqual(startedAt);
  });
});

describe('a settled delivery', () => {
  const failed = { status: 'failed', reason: 'exhausted', retryDelayMs: null } as const;

  it.each([
    ['succeeded at once', (id: string) => recordNext(db.pool, [successOf(id)])],
    ['failed', (id: string) => recordNext(db.pool, [attemptOf(id, failed)])],
    [
      'was dropped',
      (id: string) =>
        settleDeliveries(db.pool, [{ deliveryId: id, epoch: 0, status: 'dropped', reason: 'suspended' }]),
    ],
  ])('keeps its number and its key when it %s', async (_name, settle) => {
    const webhookId = await addWebhook(db.pool);
    const keyed = await addChained(db.pool, { webhookId, sequence: 7, orderingKey: 'a' });
    const unordered = await addChained(db.pool, { webhookId, sequence: 8, orderingKey: null, chain: null });
    for (const id of [keyed, unordered]) await settle(id);
    expect(await settledRow(keyed)).toEqual({ sequence: 7, ordering_key: 'a' });
    expect(await settledRow(unordered)).toEqual({ sequence: 8, ordering_key: null });
  });

  it('is in no chain after a retry', async () => {
    const { head, second } = await addPair();
    await recordNext(db.pool, [successOf(head)]);
    expect(await retry(head)).toBe('retried');
    expect((await load(head)).delivery).toMatchObject({ sequence: 1, orderingKey: '', chain: null });
    expect((await load(second)).delivery.isHead).toBe(true);
  });

  it('was skipped by its last attempt, which an operational event reports', async () => {
    const { head, webhookId } = await addPair();
    const { tenant_id: tenantId } = await addSubscriber(webhookId);
    await recordNext(db.pool, [
      attemptOf(head, { status: 'dropped', reason: 'skipped', retryDelayMs: null }),
    ]);
    expect(await readDelivery(db.pool, head)).toMatchObject({
      status: 'dropped',
      reason: 'skipped',
      attempt_count: 1,
      response_status: 500,
    });
    expect(await operationalEventsOf(db.pool, tenantId)).toMatchObject([
      { type: 'posthorn.delivery.exhausted', data: { deliveryId: head, reason: 'skipped' } },
    ]);
  });
});

/** Adds a webhook for operational events to the tenant of another one. */
async function addSubscriber(webhookId: string): Promise<{ tenant_id: string }> {
  const { rows } = await db.pool.query<{ tenant_id: string }>('SELECT tenant_id FROM webhook WHERE id = $1', [
    webhookId,
  ]);
  const [webhook = { tenant_id: '' }] = rows;
  await addWebhook(db.pool, { tenantId: webhook.tenant_id, patterns: ['posthorn.*'] });
  return webhook;
}

describe('posthorn.delivery.blocked', () => {
  it('is emitted once, when the delivery starts to block others', async () => {
    const { head, webhookId } = await addPair();
    const { tenant_id: tenantId } = await addSubscriber(webhookId);
    await recordNext(db.pool, [attemptOf(head)]);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
    const blocking = attemptOf(head, { isExhausted: true });
    await recordNext(db.pool, [blocking]);
    await recordNext(db.pool, [blocking]);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.delivery.blocked',
        data: {
          deliveryId: head,
          eventId: expect.any(String),
          eventType: 'a.b',
          webhookId,
          attempts: 2,
          lastResponseStatus: 500,
          orderingKey: null,
          sequence: 1,
        },
      },
    ]);
    for (const trigger of ['schedule', 'retry']) {
      if (trigger === 'retry') expect(await retry(head)).toBe('retried');
      await recordNext(db.pool, [attemptOf(head, { isExhausted: true })]);
      expect(await operationalEventsOf(db.pool, tenantId)).toHaveLength(1);
    }
  });

  it('has the ordering key', async () => {
    const webhookId = await addWebhook(db.pool, { tenantId: await addTenant(db.pool) });
    const { tenant_id: tenantId } = await addSubscriber(webhookId);
    const id = await addChained(db.pool, { webhookId, sequence: 3, orderingKey: 'a' });
    await recordNext(db.pool, [attemptOf(id, { isExhausted: true })]);
    const [event] = await operationalEventsOf(db.pool, tenantId);
    expect(event?.data).toMatchObject({ orderingKey: 'a', sequence: 3 });
  });
});

describe('the retry of a delivery in a chain', () => {
  it('is rejected while it waits for another one', async () => {
    const { head, second } = await addPair({ attemptCount: 1, dueInMs: 3_600_000 });
    expect(await retry(second)).toBe('waits');
    expect(await retry(head)).toBe('retried');
    expect((await load(head)).delivery).toMatchObject({ chain: LIVE_CHAIN, isHead: true });
    expect(await retry(head)).toBe('due');
  });

  it('is rejected also for one that waits for its own retry, such as in a replay', async () => {
    const [webhookId, chain] = [await addWebhook(db.pool), newId()];
    const waiting = { webhookId, chain, attemptCount: 2, dueInMs: 3_600_000 };
    await addChained(db.pool, { ...waiting, sequence: 1 });
    expect(await retry(await addChained(db.pool, { ...waiting, sequence: 2 }))).toBe('waits');
  });

  it('leaves the chain if it was not dropped since a suspension', async () => {
    const { head, second, webhookId } = await addPair();
    await db.pool.query('UPDATE webhook SET epoch = 2 WHERE id = $1', [webhookId]);
    expect(await retry(second)).toBe('retried');
    expect((await load(second)).delivery).toMatchObject({ chain: null, isHead: true, epoch: 2 });
    expect((await load(head)).delivery.isHead).toBe(true);
  });

  it('is rejected at the maximum number of attempts', async () => {
    const { head } = await addPair({ attemptCount: MAX_ATTEMPTS, dueInMs: 3_600_000 });
    expect(await retry(head)).toBe('too_many_attempts');
  });
});

describe('the scans of due deliveries', () => {
  const page = { overdueMs: 0, after: null, limit: 10_000 };

  it('find heads only', async () => {
    const first = await addPair();
    const retried = await addPair({ attemptCount: 1 });
    const chain = newId();
    const replayed = { webhookId: await addWebhook(db.pool), chain, attemptCount: 3 };
    const replayedHead = await addChained(db.pool, { ...replayed, sequence: 1 });
    const replayedSecond = await addChained(db.pool, { ...replayed, sequence: 2 });
    const all = [first.head, first.second, retried.head, retried.second, replayedHead, replayedSecond];
    const among = (found: { id: string }[]) => all.filter((id) => found.some((each) => each.id === id));

    const heads = [first.head, retried.head, replayedHead];
    expect(among((await listDueDeliveries(db.pool, page)).deliveries)).toEqual(heads);
    const firsts = await listDueDeliveries(db.pool, { ...page, firstAttempts: true });
    expect(among(firsts.deliveries)).toEqual([first.head]);
    expect(among((await listDueRetries(db.pool, page)).deliveries)).toEqual([retried.head, replayedHead]);
    expect(among(await findDueDeliveries(db.pool, { ids: all, overdueMs: 0 }))).toEqual(
      expect.arrayContaining(heads),
    );
    expect(await findDueDeliveries(db.pool, { ids: all, overdueMs: 0 })).toHaveLength(heads.length);
  });

  it('look each chain up once, however many of its deliveries they read', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    const webhookId = await addWebhook(db.pool);
    await addWaiting(webhookId, 500);
    await db.pool.query('VACUUM ANALYZE pending_delivery');
    const ids = (await db.pool.query<{ id: string }>('SELECT id FROM pending_delivery')).rows.map(
      ({ id }) => id,
    );
    for (const scan of [
      (pool: Pool) => listDueDeliveries(pool, page),
      (pool: Pool) => findDueDeliveries(pool, { ids, overdueMs: 0 }),
      (pool: Pool) => findHeads(pool, ids),
    ]) {
      const statements: Statement[] = [];
      const spy = {
        options: {},
        query: (text: string | Statement, values: unknown[]) => {
          statements.push(typeof text === 'string' ? { text, values } : text);
          return { rows: [] };
        },
      };
      await scan(spy as unknown as Pool);
      const [statement = { text: '', values: [] }] = statements;
      const scans = await explainScans(db.pool, statement);
      const rows = scans.filter(({ name }) => name.includes('pending_delivery')).map((each) => each.rows);
      expect(rows.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(501);
    }
  });

  it('end, however many deliveries wait for others', async () => {
    const { webhookId } = await addPair();
    for (let sequence = 3; sequence < 9; sequence += 1) await addChained(db.pool, { webhookId, sequence });
    const found = await listDueDeliveries(db.pool, { ...page, limit: 2 });
    expect(found.end).not.toBeNull();
  });

  it('find the new head after a suspension, when the deliveries from before it are dropped', async () => {
    const { head, second, webhookId } = await addPair();
    await db.pool.query('UPDATE webhook SET epoch = 2 WHERE id = $1', [webhookId]);
    const next = await addChained(db.pool, { webhookId, sequence: 3 });
    const due = async () =>
      (await findDueDeliveries(db.pool, { ids: [head, second, next], overdueMs: 0 })).map(({ id }) => id);
    expect(await due()).toEqual([head]);
    for (const deliveryId of [second, head])
      await settleDeliveries(db.pool, [{ deliveryId, epoch: 0, status: 'dropped', reason: 'suspended' }]);
    expect(await due()).toEqual([next]);
  });
});

describe('readOldestDueAges', () => {
  it('read a bounded number of deliveries, however many wait for others', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    await addWaiting(await addWebhook(db.pool), 10_100);
    await db.pool.query('VACUUM ANALYZE pending_delivery');
    let rowsRead = 0;
    const spy = {
      async query(text: string) {
        const scans = await explainScans(db.pool, { text, values: [] });
        for (const { name, rows } of scans) if (name.includes('pending_delivery')) rowsRead += rows;
        return db.pool.query(text);
      },
    };
    await readOldestDueAges(spy as unknown as Pool);
    expect(rowsRead).toBeLessThanOrEqual(10_001);
  });

  it('counts retries that block others, but not what has waited in a chain', async () => {
    await db.pool.query('TRUNCATE pending_delivery');
    const webhookId = await addWebhook(db.pool);
    const HOUR_MS = 3_600_000;
    await addChained(db.pool, { webhookId, sequence: 1, attemptCount: 1, dueInMs: -HOUR_MS });
    await addChained(db.pool, { webhookId, sequence: 2, dueInMs: -2 * HOUR_MS });
    const chain = newId();
    await addChained(db.pool, { webhookId, sequence: 3, chain, attemptCount: 1, dueInMs: -3 * HOUR_MS });
    const ages = await readOldestDueAges(db.pool);
    expect(ages).toMatchObject({ fast: 0, slow: 0, replay: 0 });
    expect(ages.retry).toBeGreaterThanOrEqual(HOUR_MS - 1);
    expect(ages.retry).toBeLessThan(2 * HOUR_MS);
  });
});
