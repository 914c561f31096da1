import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { dropPendingDeliveries } from '../src/deliveries/drop-pending-deliveries.js';
import {
  type DuePage,
  listDueDeliveries,
  listDueRetries,
  type PageEnd,
} from '../src/deliveries/list-due-deliveries.js';
import { listWebhooksToDrop } from '../src/deliveries/list-webhooks-to-drop.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { promoteParked } from '../src/deliveries/promote-parked.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { suspendWebhook } from '../src/webhooks/suspend-webhook.js';
import type { Pool } from 'pg';
import {
  addDelivery,
  addTenant,
  addWebhook,
  attemptOf,
  newEvent,
  readDelivery,
  recordNext,
  successOf,
} from './fixtures/rows.js';
import { addPendingRows } from './fixtures/delivery-rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

describe('loadDeliveries', () => {
  it('reads a delivery with its event and its webhook', async () => {
    const { id, webhookId, eventId } = await addDelivery(db.pool);
    await db.pool.query(
      `UPDATE webhook SET secrets = '[{"sealed":"s","expiresAt":null}]', retry_schedule = '{5,10}', epoch = 2,
         rate_limit = 50, rate_limit_seconds = 2, slow_since = now() WHERE id = $1`,
      [webhookId],
    );
    expect(await loadDeliveries(db.pool, [id])).toEqual([
      {
        delivery: {
          id,
          eventId,
          epoch: 0,
          attemptCount: 0,
          nextAttemptAt: expect.any(Date),
          dueInMs: expect.any(Number),
          replayed: false,
          isCancelled: false,
          formatId: null,
          unscheduledAttempts: 0,
          sequence: null,
          chain: null,
          orderingKey: null,
          isHead: true,
          firstAttemptAt: null,
        },
        webhook: {
          id: webhookId,
          tenantId: expect.any(String),
          tenantStatus: 'active',
          tenantEpoch: 0,
          status: 'active',
          epoch: 2,
          resumedEpoch: 0,
          sentFromEpoch: 0,
          url: 'https://receiver.example/',
          secrets: [{ sealed: 's', expiresAt: null }],
          headersSealed: null,
          authSealed: null,
          clientCertificateId: null,
          caCertificatesId: null,
          proxySealed: null,
          tenantProxySealed: null,
          privateNetworks: [],
          formatId: null,
          retrySchedule: [5, 10],
          timeoutMs: 10_000,
          rateLimit: { limit: 50, perSeconds: 2 },
          maxInFlight: 100,
          onExhausted: 'skip',
          maxBlockedMinutes: 4320,
          validatedAt: null,
          version: expect.any(String),
          isSlow: true,
          failingSince: null,
        },
        body: '{"a":1}',
        eventType: 'a.b',
        traceContext: null,
        isErased: false,
        attributes: null,
      },
    ]);
  });

  it('keeps the order of the ids, and returns undefined for those that do not exist', async () => {
    const first = await addDelivery(db.pool);
    const second = await addDelivery(db.pool);
    const loaded = await loadDeliveries(db.pool, [second.id, newId(), first.id, second.id]);
    expect(loaded).toMatchObject([
      { delivery: { id: second.id } },
      undefined,
      { delivery: { id: first.id } },
      { delivery: { id: second.id } },
    ]);
  });
});

/** Adds a delivery of an event with a payload of this size. */
async function addWithPayload(bytes: number): Promise<string> {
  const { id, eventId } = await addDelivery(db.pool);
  await db.pool.query(`UPDATE event SET body = repeat('ä', $2 / 2) WHERE id = $1`, [eventId, bytes]);
  return id;
}

describe('loadDeliveries beyond its limit of payload bytes', () => {
  it('defers the deliveries with the largest ids', async () => {
    const ids = [await addWithPayload(600), await addWithPayload(400), await addWithPayload(2)];
    const loaded = await loadDeliveries(db.pool, ids.toReversed(), { maxPayloadBytes: 1000 });
    expect(loaded).toMatchObject(['deferred', { delivery: { id: ids[1] } }, { delivery: { id: ids[0] } }]);
    expect(await loadDeliveries(db.pool, ids, { maxPayloadBytes: 1001 })).not.toContain('deferred');
  });

  it('loads one delivery, however large', async () => {
    const ids = [await addWithPayload(5000), await addWithPayload(2)];
    expect(await loadDeliveries(db.pool, ids, { maxPayloadBytes: 10 })).toMatchObject([
      { delivery: { id: ids[0] } },
      'deferred',
    ]);
  });

  it('is less than 5 MB for the largest events', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => addWithPayload(256 * 1024)));
    const loaded = await loadDeliveries(db.pool, ids);
    expect(loaded.filter((each) => each !== 'deferred')).toHaveLength(16);
  });
});

describe('settleDeliveries', () => {
  it('settles only pending deliveries of the epoch', async () => {
    const pending = await addDelivery(db.pool);
    const succeeded = await addDelivery(db.pool);
    const ofLaterEpoch = await addDelivery(db.pool);
    await db.pool.query('UPDATE pending_delivery SET epoch = 1 WHERE id = $1', [ofLaterEpoch.id]);
    await recordNext(db.pool, [successOf(succeeded.id)]);
    await settleDeliveries(db.pool, [
      { deliveryId: pending.id, epoch: 0, status: 'failed', reason: 'crashed' },
      { deliveryId: ofLaterEpoch.id, epoch: 0, status: 'dropped', reason: 'suspended' },
      { deliveryId: succeeded.id, epoch: 0, status: 'dropped', reason: 'deleted' },
    ]);
    expect(await readDelivery(db.pool, pending.id)).toMatchObject({
      status: 'failed',
      reason: 'crashed',
      settled_at: expect.any(Date),
      next_attempt_at: null,
    });
    expect(await readDelivery(db.pool, succeeded.id)).toMatchObject({ status: 'succeeded', reason: null });
    expect(await readDelivery(db.pool, ofLaterEpoch.id)).toMatchObject({ status: 'pending' });
  });
});

describe('suspendWebhook', () => {
  it('suspends an active webhook once and increments its epoch', async () => {
    const id = await addWebhook(db.pool, { epoch: 4, tenantId: await addTenant(db.pool) });
    const sentTo = { id, epoch: 4, url: 'https://receiver.example/' };
    expect(await suspendWebhook(db.pool, { ...sentTo, reason: 'gone' })).toBe(5);
    expect(await suspendWebhook(db.pool, { ...sentTo, epoch: 5, reason: 'again' })).toBeNull();
    const { rows } = await db.pool.query('SELECT * FROM webhook WHERE id = $1', [id]);
    expect(rows).toMatchObject([
      { status: 'suspended', epoch: 5, suspend_reason: 'gone', suspended_at: expect.any(Date) },
    ]);
  });

  it.each([
    ['another epoch', { epoch: 3 }],
    ['another URL', { url: 'https://moved.example/' }],
  ])('does nothing to a webhook that has %s', async (_name, before) => {
    const id = await addWebhook(db.pool, { epoch: 4, tenantId: await addTenant(db.pool) });
    const sentTo = { id, epoch: 4, url: 'https://receiver.example/', ...before };
    expect(await suspendWebhook(db.pool, { ...sentTo, reason: 'gone' })).toBeNull();
  });
});

/** Creates a webhook with `count` pending deliveries. */
async function webhookWithPending(count: number): Promise<{ webhookId: string; ids: string[] }> {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId });
  const ids = await addPendingRows(
    db.pool,
    Array.from({ length: count }, () => ({ webhookId })),
  );
  return { webhookId, ids };
}

async function statusesOf(webhookId: string): Promise<Record<string, number>> {
  const { rows } = await db.pool.query<{ status: string; n: number }>(
    'SELECT status, count(*)::int AS n FROM delivery WHERE webhook_id = $1 GROUP BY status',
    [webhookId],
  );
  return Object.fromEntries(rows.map((row) => [row.status, row.n]));
}

describe('dropPendingDeliveries', () => {
  it('drops all pending deliveries of the webhook, in several chunks, and no others', async () => {
    const other = await addDelivery(db.pool);
    const { webhookId, ids } = await webhookWithPending(5001);
    await recordNext(db.pool, [successOf(ids[0] ?? '')]);
    expect(await dropPendingDeliveries(db.pool, { webhookId, epoch: 1 })).toBe(5000);
    expect(await statusesOf(webhookId)).toEqual({ succeeded: 1, dropped: 5000 });
    expect(await readDelivery(db.pool, other.id)).toMatchObject({ status: 'pending' });
    expect(await readDelivery(db.pool, ids[1] ?? '')).toMatchObject({
      reason: 'suspended',
      next_attempt_at: null,
      settled_at: expect.any(Date),
    });
  });

  it('runs concurrently with workers that record the same deliveries', async () => {
    const { webhookId, ids } = await webhookWithPending(6000);
    const batches = Array.from({ length: 12 }, (_, index) =>
      ids.filter((_id, position) => position % 12 === index).toReversed(),
    );
    const recording = batches.map((batch) =>
      recordNext(
        db.pool,
        batch.map((id) => successOf(id)),
      ),
    );
    await dropPendingDeliveries(db.pool, { webhookId, epoch: 1 });
    const recorded = await Promise.allSettled(recording);
    expect(recorded.filter((result) => result.status === 'rejected')).toEqual([]);
    expect(await statusesOf(webhookId)).toEqual({ succeeded: 6000 });
  });

  it('keeps deliveries created in the epoch, as after the end of a shadow, or after a reactivation', async () => {
    const { webhookId, ids } = await webhookWithPending(3);
    for (const epoch of [1, 2])
      await db.pool.query('UPDATE pending_delivery SET epoch = $2 WHERE id = $1', [ids[epoch], epoch]);
    expect(await dropPendingDeliveries(db.pool, { webhookId, epoch: 1 })).toBe(1);
    expect(await statusesOf(webhookId)).toEqual({ dropped: 1, pending: 2 });
  });

  it('keeps a delivery that is made pending again between its statements', async () => {
    const { webhookId, ids } = await webhookWithPending(2);
    let statements = 0;
    const interrupted = {
      async query(...query: [string, unknown[]]) {
        statements += 1;
        if (statements === 2)
          await db.pool.query('UPDATE pending_delivery SET epoch = 2 WHERE id = $1', [ids[1]]);
        return db.pool.query(...query);
      },
    } as unknown as Pool;
    expect(await dropPendingDeliveries(interrupted, { webhookId, epoch: 1 })).toBe(1);
    expect(await statusesOf(webhookId)).toEqual({ dropped: 1, pending: 1 });
  });

  it('stops when its time is over, and its webhook is listed until nothing remains', async () => {
    const { webhookId, ids } = await webhookWithPending(5001);
    await db.pool.query(`UPDATE webhook SET status = 'deleted', epoch = 1 WHERE id = $1`, [webhookId]);
    const pending = { webhookId, epoch: 1, reason: 'deleted' } as const;
    expect(await dropPendingDeliveries(db.pool, { ...pending, maxMs: 0 })).toBe(5000);
    expect(await listWebhooksToDrop(db.pool, { limit: 100, minAgeMs: 0 })).toContainEqual(pending);
    expect(await dropPendingDeliveries(db.pool, pending)).toBe(1);
    expect(await listWebhooksToDrop(db.pool, { limit: 100, minAgeMs: 0 })).not.toContainEqual(pending);
    expect(await statusesOf(webhookId)).toEqual({ dropped: ids.length });
  });

  it('does not wait for a delivery that is locked', async () => {
    const { webhookId, ids } = await webhookWithPending(3);
    const client = await db.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM pending_delivery WHERE id = $1 FOR UPDATE', [ids[1]]);
    const pending = { webhookId, epoch: 1, reason: 'suspended' } as const;
    expect(await dropPendingDeliveries(db.pool, { ...pending, maxMs: 50 })).toBe(2);
    const dropping = dropPendingDeliveries(db.pool, pending);
    await client.query('COMMIT');
    client.release();
    expect(await dropping).toBe(1);
  });

  it('leaves the remaining deliveries if PostgreSQL becomes unavailable', async () => {
    const { webhookId } = await webhookWithPending(5001);
    let statements = 0;
    const failing = {
      query(...query: [string, unknown[]]) {
        statements += 1;
        if (statements > 2) throw Object.assign(new Error('shut down'), { code: '57P01' });
        return db.pool.query(...query);
      },
    } as unknown as Pool;
    const pending = { webhookId, epoch: 1, reason: 'suspended', maxMs: 300 } as const;
    expect(await dropPendingDeliveries(failing, pending)).toBe(5000);
  });

  it('does not count replayed deliveries that had succeeded before: they are succeeded again', async () => {
    const { webhookId, ids } = await webhookWithPending(6);
    await db.pool.query('UPDATE pending_delivery SET succeeded_before = true WHERE id = ANY ($1)', [
      ids.slice(0, 2),
    ]);
    expect(await dropPendingDeliveries(db.pool, { webhookId, epoch: 1 })).toBe(4);
    expect(await statusesOf(webhookId)).toEqual({ succeeded: 2, dropped: 4 });
  });

  it('returns 0 for a webhook without pending deliveries', async () => {
    expect(await dropPendingDeliveries(db.pool, { webhookId: newId(), epoch: 1 })).toBe(0);
  });
});

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

/** Returns the number of pending deliveries that a statement reads. */
async function countScanned(text: string, values: unknown[]): Promise<number> {
  const { rows } = await db.pool.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
    values,
  );
  const count = (plan: Plan): number => {
    const isScan = plan['Relation Name'] === 'pending_delivery';
    const own = isScan ? plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) : 0;
    return (plan.Plans ?? []).reduce((sum, child) => sum + count(child), own);
  };
  return rows.reduce((sum, row) => sum + count(row['QUERY PLAN'][0].Plan), 0);
}

describe('due deliveries', () => {
  it('are listed in pages, oldest first, each once', async () => {
    const { ids } = await webhookWithPending(25);
    const listed: string[] = [];
    let after: PageEnd | null = null;
    do {
      const page: DuePage = await listDueDeliveries(db.pool, { overdueMs: 0, after, limit: 10 });
      listed.push(...page.deliveries.map((delivery) => delivery.id));
      expect(page.deliveries.every((delivery) => delivery.dueInMs <= 0)).toBe(true);
      after = page.end;
    } while (after);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.filter((id) => ids.includes(id))).toHaveLength(25);
  });

  it('do not include parked, settled or future deliveries', async () => {
    const [parked, succeeded, later, due] = await Promise.all(
      Array.from({ length: 4 }, () => addDelivery(db.pool)),
    );
    await recordNext(db.pool, [
      attemptOf(parked?.id ?? '', { parked: true, retryDelayMs: -1000 }),
      successOf(succeeded?.id ?? ''),
      attemptOf(later?.id ?? '', { retryDelayMs: 60_000 }),
      attemptOf(due?.id ?? '', { retryDelayMs: -1000 }),
    ]);
    const { deliveries: listed } = await listDueDeliveries(db.pool, {
      overdueMs: 0,
      after: null,
      limit: 10_000,
    });
    const ids = listed.map((delivery) => delivery.id);
    expect(ids).toContain(due?.id);
    for (const delivery of [parked, succeeded, later]) expect(ids).not.toContain(delivery?.id);
  });

  it('are read in pages of bounded size, however many parked and held ones are before them', async () => {
    const webhookId = newId();
    const ids = Array.from({ length: 3001 }, newId).toSorted();
    await db.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, parked, held)
       SELECT id, $1, $1, $1, now() - interval '1 min', 0, n <= 2000, n > 2000 AND n <= 3000
       FROM unnest($2::uuid[]) WITH ORDINALITY AS t (id, n)`,
      [webhookId, ids],
    );
    // The plan would depend on whether PostgreSQL has looked at the table since.
    await db.pool.query('ANALYZE pending_delivery');
    const listed: string[] = [];
    const rowsRead: number[] = [];
    const pool = {
      async query(text: string, values: unknown[]) {
        rowsRead.push(await countScanned(text, values));
        return db.pool.query(text, values);
      },
    } as unknown as Pool;
    let after: PageEnd | null = null;
    do {
      const page: DuePage = await listDueDeliveries(pool, { overdueMs: 0, after, limit: 100 });
      listed.push(...page.deliveries.filter((due) => due.webhookId === webhookId).map(({ id }) => id));
      after = page.end;
    } while (after);
    expect(listed).toEqual(ids.slice(-1));
    expect(Math.max(...rowsRead)).toBe(100);
    await db.pool.query('DELETE FROM pending_delivery WHERE webhook_id = $1', [webhookId]);
  });

  it('are read as retries in order of their due times', async () => {
    const webhookId = newId();
    const ids = Array.from({ length: 25 }, newId);
    await db.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count)
       SELECT id, $1, $1, $1, now() - interval '1 min' + n / 2 * interval '1 us', 0, 1
       FROM unnest($2::uuid[]) WITH ORDINALITY AS t (id, n)`,
      [webhookId, ids],
    );
    const listed: string[] = [];
    let after: PageEnd | null = null;
    do {
      const page: DuePage = await listDueRetries(db.pool, { overdueMs: 0, after, limit: 4 });
      listed.push(...page.deliveries.filter((due) => due.webhookId === webhookId).map(({ id }) => id));
      after = page.end;
    } while (after);
    const inOrder = [0, ...Array.from({ length: 12 }, (_, pair) => pair * 2 + 1)].flatMap((start, index) =>
      ids.slice(start, index === 0 ? 1 : start + 2).toSorted(),
    );
    expect(listed).toEqual(inOrder);
  });

  it('are promoted in order, once, by concurrent callers', async () => {
    const { ids } = await webhookWithPending(20);
    await recordNext(
      db.pool,
      ids.map((id, index) => attemptOf(id, { parked: true, retryDelayMs: index * 60_000 })),
    );
    const dueWithinMs = 10.5 * 60_000;
    const first = await promoteParked(db.pool, { dueWithinMs, limit: 3 });
    expect(new Set(first.map((delivery) => delivery.id)).size).toBe(3);
    const rest = await Promise.all([
      promoteParked(db.pool, { dueWithinMs, limit: 100 }),
      promoteParked(db.pool, { dueWithinMs, limit: 100 }),
    ]);
    const promoted = [...first, ...rest.flat()]
      .map((delivery) => delivery.id)
      .filter((id) => ids.includes(id));
    expect(promoted.toSorted()).toEqual(ids.slice(0, 11).toSorted());
    expect(await readDelivery(db.pool, ids[0] ?? '')).toMatchObject({ parked: false, status: 'pending' });
    expect(await readDelivery(db.pool, ids[11] ?? '')).toMatchObject({ parked: true });
  });
});

describe('an accepted event', () => {
  it('is loaded by the delivery ids that acceptEvents returns', async () => {
    const tenantId = await addTenant(db.pool);
    await addWebhook(db.pool, { tenantId });
    const [accepted] = await acceptEvents(db.pool, [newEvent({ tenantId, body: '{"x":"y"}' })]);
    const loaded = await loadDeliveries(db.pool, accepted?.deliveries.map(({ id }) => id) ?? []);
    expect(loaded).toMatchObject([{ body: '{"x":"y"}' }]);
  });
});
