import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import type { Pool } from '@posthorn/database';
import type { DeliveryJob } from '@posthorn/queue';
import { createAcceptor, type IncomingEvent } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

async function addWebhook(tenantId: string, filter: object | null, pattern = '*'): Promise<string> {
  const id = newId();
  await database.pool.query(
    `WITH w AS (
       INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, filter, filter_set_at)
       VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, 'active', '2026-01-01Z', $3::jsonb, now())
     )
     INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) VALUES ($2, $4, $1)`,
    [id, tenantId, filter, pattern],
  );
  return id;
}

async function setFilter(webhookId: string, filter: object): Promise<void> {
  await database.pool.query(
    'UPDATE webhook SET filter = $2, filter_set_at = clock_timestamp() WHERE id = $1',
    [webhookId, filter],
  );
}

/** Starts an acceptor. `beforeCommit` runs after each evaluation of the filters, before the events are stored. */
function startAcceptor(beforeCommit: () => Promise<void> = () => Promise.resolve()) {
  const jobs: DeliveryJob[] = [];
  const hotPathPool = {
    options: database.pool.options,
    async query(statement: { text: string }) {
      if (statement.text.includes('INSERT INTO event ')) await beforeCommit();
      return database.pool.query(statement);
    },
  } as unknown as Pool;
  const { accept } = createAcceptor({
    pool: database.pool,
    hotPathPool,
    deliveries: {
      enqueue: (added) => Promise.resolve(void jobs.push(...added)),
      fastLaneLength: () => Promise.resolve(0),
    },
    onEnqueueError: (error) => {
      throw error;
    },
  });
  return accept;
}

const eventOf = (tenantId: string, event: Partial<IncomingEvent> = {}): IncomingEvent => ({
  tenantId,
  type: 'invoice.paid',
  data: { amount: 1 },
  dataText: null,
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
  ...event,
});

const LARGE = { properties: { amount: { minimum: 100 } }, required: ['amount'] };

describe('webhook with a filter', () => {
  it('gets the matching events of a large batch', async () => {
    const tenantId = await database.addTenant();
    await addWebhook(tenantId, LARGE);
    await addWebhook(tenantId, { properties: { amount: { multipleOf: 2 } } }, 'invoice.*');
    await addWebhook(tenantId, LARGE, 'order.*');
    await addWebhook(await database.addTenant(), {});
    const accept = startAcceptor();
    const accepted = await Promise.all(
      Array.from({ length: 300 }, (_, amount) => accept(eventOf(tenantId, { data: { amount } }))),
    );
    accepted.forEach((result, amount) => {
      const deliveries = Number(amount >= 100) + Number(amount % 2 === 0);
      expect(result).toMatchObject({ status: 'accepted', deliveries });
    });
  });

  it('gets events by its new filter as soon as the filter changes', async () => {
    const tenantId = await database.addTenant();
    const id = await addWebhook(tenantId, LARGE);
    const accept = startAcceptor();
    expect(await accept(eventOf(tenantId))).toMatchObject({ deliveries: 0 });
    await setFilter(id, { required: ['amount'] });
    expect(await accept(eventOf(tenantId))).toMatchObject({ deliveries: 1 });
    await setFilter(id, LARGE);
    expect(await accept(eventOf(tenantId))).toMatchObject({ deliveries: 0 });
  });

  it('gets nothing if its filter is invalid, without affecting other webhooks', async () => {
    const tenantId = await database.addTenant();
    await addWebhook(tenantId, { type: 'nonsense' });
    await addWebhook(tenantId, null);
    expect(await startAcceptor()(eventOf(tenantId))).toMatchObject({ status: 'accepted', deliveries: 1 });
  });

  it('does not get a push that is older than its activation', async () => {
    const tenantId = await database.addTenant();
    await addWebhook(tenantId, {});
    const pushed = { id: newId(), at: new Date('2025-12-31T00:00:00Z') };
    expect(await startAcceptor()(eventOf(tenantId, { pushed }))).toMatchObject({ deliveries: 0 });
  });
});

describe('filter that changes between evaluation and commit', () => {
  it('is applied to the events of the batch', async () => {
    const tenantId = await database.addTenant();
    const id = await addWebhook(tenantId, null);
    let times = 0;
    const accept = startAcceptor(async () => {
      times += 1;
      if (times === 1) await setFilter(id, LARGE);
    });
    const [matching, other] = await Promise.all(
      [100, 99].map((amount) => accept(eventOf(tenantId, { data: { amount }, idempotencyKey: `${amount}` }))),
    );
    expect(matching).toMatchObject({ status: 'accepted', deliveries: 1 });
    expect(other).toMatchObject({ status: 'accepted', deliveries: 0 });
    expect(times).toBe(2);
  });

  it('does not block events when it changes every time', async () => {
    const tenantId = await database.addTenant();
    const id = await addWebhook(tenantId, LARGE);
    await addWebhook(tenantId, null);
    const accept = startAcceptor(() => setFilter(id, LARGE));
    expect(await accept(eventOf(tenantId))).toMatchObject({ status: 'accepted', deliveries: 1 });
  });
});

/** Each takes about 20 ms for the largest event. */
const costlyFilter = (n: number) => ({
  properties: { [`n${n}`]: {}, text: { not: { pattern: `${'.'.repeat(24)}x` } } },
});

describe('costly filters of one tenant', () => {
  const large = { text: '€'.repeat(80_000) };

  it('do not delay the events of other tenants, and evaluate every event', async () => {
    const costlyTenant = await database.addTenant();
    for (let n = 0; n < 20; n += 1) await addWebhook(costlyTenant, costlyFilter(n));
    const otherTenant = await database.addTenant();
    await addWebhook(otherTenant, { required: ['amount'] });
    const accept = startAcceptor();
    const order: string[] = [];
    const publish = async (tenantId: string, event: Partial<IncomingEvent>) => {
      const { deliveries } = (await accept(eventOf(tenantId, event))) as { deliveries: number };
      order.push(tenantId);
      return deliveries;
    };
    for (let round = 0; round < 2; round += 1) {
      const results = [costlyTenant, costlyTenant, otherTenant].map((tenantId) =>
        publish(tenantId, tenantId === costlyTenant ? { data: large } : {}),
      );
      expect(await Promise.all(results)).toEqual([20, 20, 1]);
      expect(order.splice(0)[0]).toBe(otherTenant);
    }
  }, 20_000);
});
