import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { newId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
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

/** Sets a filter, later than the previous one, as the API does: also within the same millisecond. */
async function setFilter(webhookId: string, filter: object): Promise<void> {
  await database.pool.query(
    `UPDATE webhook SET filter = $2, filter_set_at = greatest(clock_timestamp(), filter_set_at + interval '1 ms')
     WHERE id = $1`,
    [webhookId, filter],
  );
}

interface Statement {
  text: string;
  values: unknown[];
}

/** Starts an acceptor. `beforeCommit` runs after each evaluation of the filters, before the events are stored. */
function startAcceptor(beforeCommit: (statement: Statement) => Promise<unknown> = () => Promise.resolve()) {
  const jobs: DeliveryJob[] = [];
  const hotPathPool = {
    options: database.pool.options,
    async query(statement: Statement) {
      if (statement.text.includes('INSERT INTO event ')) await beforeCommit(statement);
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

/** So costly that the clock is read after each evaluation. */
const costlyFilter = (n: number) => ({
  properties: { [`n${n}`]: {}, text: { not: { pattern: `${'.'.repeat(24)}x` } } },
});

describe('costly filters of one tenant', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('do not delay the events of other tenants, and evaluate every event', async () => {
    const costlyTenant = await database.addTenant();
    for (let n = 0; n < 20; n += 1) await addWebhook(costlyTenant, costlyFilter(n));
    const otherTenant = await database.addTenant();
    await addWebhook(otherTenant, { required: ['amount'] });
    let other: Promise<unknown> = Promise.resolve();
    // Nothing of the costly tenant is stored before the event of the other one.
    const accept = startAcceptor(async ({ values }) => {
      if (JSON.stringify(values).includes(costlyTenant)) await other;
    });
    let [nowMs, stepMs] = [0, 0];
    jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += stepMs));
    // From now on it is known that they have filters, but not that some are costly.
    for (const tenantId of [costlyTenant, otherTenant]) await accept(eventOf(tenantId));
    // 20 filters take more than the budget of a tenant in a batch, and less than the budget of a batch of such filters.
    stepMs = 2;
    for (let round = 0; round < 2; round += 1) {
      const costly = [1, 2].map(() => accept(eventOf(costlyTenant, { data: { text: 'a' } })));
      other = accept(eventOf(otherTenant));
      expect(await other).toMatchObject({ status: 'accepted', deliveries: 1 });
      expect(await Promise.all(costly)).toMatchObject([{ deliveries: 20 }, { deliveries: 20 }]);
    }
  });
});
