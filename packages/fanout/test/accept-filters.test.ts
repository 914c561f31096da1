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

/** An acceptor without a queue. `beforeTaking` runs each time after the filters were asked, before events are stored. */
function startAcceptor(beforeTaking: () => Promise<void> = () => Promise.resolve()) {
  const jobs: DeliveryJob[] = [];
  const hotPathPool = {
    options: database.pool.options,
    async query(statement: { text: string }) {
      if (statement.text.includes('INSERT INTO event ')) await beforeTaking();
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
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
  ...event,
});

const LARGE = { properties: { amount: { minimum: 100 } }, required: ['amount'] };

describe('a webhook with a filter', () => {
  it('gets those events that fit, of a batch of many', async () => {
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

  it('gets what its filter says from the moment that it is changed', async () => {
    const tenantId = await database.addTenant();
    const id = await addWebhook(tenantId, LARGE);
    const accept = startAcceptor();
    expect(await accept(eventOf(tenantId))).toMatchObject({ deliveries: 0 });
    await setFilter(id, { required: ['amount'] });
    expect(await accept(eventOf(tenantId))).toMatchObject({ deliveries: 1 });
    await setFilter(id, LARGE);
    expect(await accept(eventOf(tenantId))).toMatchObject({ deliveries: 0 });
  });

  it('that cannot be made sense of gets nothing, and stops no other', async () => {
    const tenantId = await database.addTenant();
    await addWebhook(tenantId, { type: 'nonsense' });
    await addWebhook(tenantId, null);
    expect(await startAcceptor()(eventOf(tenantId))).toMatchObject({ status: 'accepted', deliveries: 1 });
  });

  it('does not get a push from before it became active', async () => {
    const tenantId = await database.addTenant();
    await addWebhook(tenantId, {});
    const pushed = { id: newId(), at: new Date('2025-12-31T00:00:00Z') };
    expect(await startAcceptor()(eventOf(tenantId, { pushed }))).toMatchObject({ deliveries: 0 });
  });
});

describe('a filter that is set while events come in', () => {
  it('decides, so that nothing is lost and nothing gets by', async () => {
    const tenantId = await database.addTenant();
    const id = await addWebhook(tenantId, null);
    let times = 0;
    const accept = startAcceptor(async () => {
      times += 1;
      if (times === 1) await setFilter(id, LARGE);
    });
    const [fits, not] = await Promise.all(
      [100, 99].map((amount) => accept(eventOf(tenantId, { data: { amount }, idempotencyKey: `${amount}` }))),
    );
    expect(fits).toMatchObject({ status: 'accepted', deliveries: 1 });
    expect(not).toMatchObject({ status: 'accepted', deliveries: 0 });
    expect(times).toBe(2);
  });

  it('again and again holds up nobody', async () => {
    const tenantId = await database.addTenant();
    const id = await addWebhook(tenantId, LARGE);
    await addWebhook(tenantId, null);
    const accept = startAcceptor(() => setFilter(id, LARGE));
    expect(await accept(eventOf(tenantId))).toMatchObject({ status: 'accepted', deliveries: 1 });
  });
});
