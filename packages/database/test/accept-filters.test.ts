import { describe, expect, it } from '@jest/globals';
import { patternsMatching } from '@posthorn/core';
import {
  acceptEvents,
  type FilterResults,
  type NewEvent,
  type Pool,
  type FilterMatches,
  readAcceptRules,
} from '../src/index.js';
import { addTenant, addWebhook, newEvent, type WebhookRow } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const FILTER = { required: ['a'] };

async function setFilter(webhookId: string, filter: object | null): Promise<void> {
  await db.pool.query(
    `UPDATE webhook SET filter = $2::jsonb, filter_set_at = clock_timestamp() WHERE id = $1`,
    [webhookId, filter],
  );
}

async function addFiltered(row: WebhookRow): Promise<string> {
  const id = await addWebhook(db.pool, row);
  await setFilter(id, FILTER);
  return id;
}

const rulesFor = async (events: readonly NewEvent[]) =>
  readAcceptRules(db.pool, {
    tenantIds: events.map(({ tenantId }) => tenantId),
    types: events.map(({ type }) => type),
    patterns: events.flatMap(({ type }) => patternsMatching(type)),
  });

/** As if the filters that there are had been asked, and these pairs of an event and a webhook fit. */
async function verdictsOf(
  events: readonly NewEvent[],
  ...pairs: [NewEvent, string][]
): Promise<FilterResults> {
  const { filtered } = await rulesFor(events);
  return { ...passedBy(...pairs), revisions: filtered.map(({ revision }) => revision) };
}

const passedBy = (...pairs: [NewEvent, string][]): FilterMatches => ({
  eventIds: pairs.map(([event]) => event.id),
  webhookIds: pairs.map(([, webhookId]) => webhookId),
});

async function webhooksOf({ id }: NewEvent): Promise<string[]> {
  const { rows } = await db.pool.query<{ webhook_id: string }>(
    'SELECT webhook_id FROM delivery WHERE event_id = $1 ORDER BY webhook_id',
    [id],
  );
  return rows.map((row) => row.webhook_id);
}

const count = async (table: string, tenantId: string): Promise<number> => {
  const { rows } = await db.pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`,
    [tenantId],
  );
  return rows[0]?.n ?? 0;
};

describe('a webhook with a filter', () => {
  it('gets what fits it; others get everything', async () => {
    const tenantId = await addTenant(db.pool);
    const free = await addWebhook(db.pool, { tenantId });
    const one = await addFiltered({ tenantId });
    const other = await addFiltered({ tenantId });
    const [first, second] = [newEvent({ tenantId }), newEvent({ tenantId })];
    const verdicts = await verdictsOf([first], [first, one], [second, one], [second, other]);
    const accepted = await acceptEvents(db.pool, [first, second], verdicts);
    expect(accepted?.map(({ deliveries }) => deliveries.length)).toEqual([2, 3]);
    expect(await webhooksOf(first)).toEqual([free, one]);
    expect(await webhooksOf(second)).toEqual([free, one, other]);
  });

  it('gets an event once, though two of its patterns match and it was asked for each', async () => {
    const tenantId = await addTenant(db.pool);
    const id = await addFiltered({ tenantId, patterns: ['a.b', '*'] });
    const event = newEvent({ tenantId });
    expect(await acceptEvents(db.pool, [event], await verdictsOf([event], [event, id], [event, id]))).toEqual(
      [{ eventId: event.id, deliveries: [{ id: expect.any(String), lane: 'fast' }] }],
    );
  });

  it('gets nothing that it may not have, whatever its filter says', async () => {
    const tenantId = await addTenant(db.pool);
    const activeSince = new Date('2026-02-01T00:00:00Z');
    const ids = [
      await addFiltered({ tenantId, status: 'suspended' }),
      await addFiltered({ tenantId, patterns: ['c'] }),
      await addFiltered({ tenantId: await addTenant(db.pool) }),
      await addFiltered({ tenantId, activeSince }),
    ];
    const event = newEvent({ tenantId, pushed: true, publishedAt: new Date(activeSince.getTime() - 1) });
    const pairs = ids.map((id): [NewEvent, string] => [event, id]);
    await acceptEvents(db.pool, [event], await verdictsOf([event], ...pairs));
    expect(await webhooksOf(event)).toEqual([]);
  });

  it('runs in the lane that it is in', async () => {
    const tenantId = await addTenant(db.pool);
    const id = await addFiltered({ tenantId });
    await db.pool.query('UPDATE webhook SET slow_since = now() WHERE id = $1', [id]);
    const event = newEvent({ tenantId });
    const accepted = await acceptEvents(db.pool, [event], await verdictsOf([event], [event, id]));
    expect(accepted?.[0]?.deliveries).toEqual([{ id: expect.any(String), lane: 'slow' }]);
  });
});

async function setAfterAsking(set: (webhookId: string) => Promise<void>, row: WebhookRow = {}) {
  const tenantId = await addTenant(db.pool);
  const id = await addFiltered({ tenantId, ...row });
  const event = newEvent({ tenantId, idempotencyKey: 'k' });
  const verdicts = await verdictsOf([event], [event, id]);
  await set(id);
  return { tenantId, id, event, verdicts };
}

const anotherFilter = (id: string) => setFilter(id, { required: ['b'] });

describe('a filter that was set after the filters were asked', () => {
  it('stops the whole batch, of which nothing is stored', async () => {
    const { tenantId, event, verdicts } = await setAfterAsking(anotherFilter);
    expect(await acceptEvents(db.pool, [newEvent(), event], verdicts)).toBeNull();
    for (const table of ['event', 'delivery', 'event_idempotency'])
      expect(await count(table, tenantId)).toBe(0);
    expect(await acceptEvents(db.pool, [event], await verdictsOf([event]))).toEqual([
      { eventId: event.id, deliveries: [] },
    ]);
  });

  it('stops it, too, when it is the first one', async () => {
    const { id, event } = await setAfterAsking((webhookId) => setFilter(webhookId, null));
    const nothingAsked = await verdictsOf([event]);
    await setFilter(id, FILTER);
    expect(await acceptEvents(db.pool, [event], nothingAsked)).toBeNull();
  });

  it('is asked before its webhook is active, so that becoming so stops nothing', async () => {
    const tenantId = await addTenant(db.pool);
    const id = await addFiltered({ tenantId, status: 'suspended' });
    const event = newEvent({ tenantId });
    const verdicts = await verdictsOf([event], [event, id]);
    await db.pool.query("UPDATE webhook SET status = 'active' WHERE id = $1", [id]);
    await acceptEvents(db.pool, [event], verdicts);
    expect(await webhooksOf(event)).toEqual([id]);
  });

  it('lets nothing through when the batch is not to be stopped', async () => {
    const { tenantId, event, verdicts } = await setAfterAsking(anotherFilter);
    const free = await addWebhook(db.pool, { tenantId });
    const late = await addFiltered({ tenantId });
    const { eventIds, webhookIds } = verdicts;
    await acceptEvents(db.pool, [event], { eventIds, webhookIds });
    expect(await webhooksOf(event)).toEqual(expect.not.arrayContaining([late]));
    expect(await webhooksOf(event)).toContain(free);
  });

  it('stops nothing when it was only taken away', async () => {
    const { id, event, verdicts } = await setAfterAsking((webhookId) => setFilter(webhookId, null));
    await acceptEvents(db.pool, [event], { ...verdicts, eventIds: [], webhookIds: [] });
    expect(await webhooksOf(event)).toEqual([id]);
  });

  it.each<[string, WebhookRow]>([
    ['does not want the type', { patterns: ['c.*'] }],
    ['is suspended', { status: 'suspended' }],
    ['is deleted', { status: 'deleted' }],
  ])('stops nothing when its webhook %s', async (_name, row) => {
    const { event, verdicts } = await setAfterAsking(anotherFilter, row);
    expect(await acceptEvents(db.pool, [event], verdicts)).toHaveLength(1);
  });

  it('stops nothing of other tenants', async () => {
    const { verdicts } = await setAfterAsking(anotherFilter);
    const event = newEvent({ tenantId: await addTenant(db.pool) });
    expect(await acceptEvents(db.pool, [event], verdicts)).toHaveLength(1);
  });
});

describe('the rules for a batch', () => {
  it('are the filters of webhooks that may want it', async () => {
    const [tenantId, other] = [await addTenant(db.pool), await addTenant(db.pool)];
    const active = await addFiltered({ tenantId, patterns: ['a.b', 'a.*', 'c'] });
    const pending = await addFiltered({ tenantId, status: 'pending_validation' });
    await addFiltered({ tenantId, status: 'deleted' });
    await addFiltered({ tenantId, patterns: ['c'] });
    await addFiltered({ tenantId: other });
    await addWebhook(db.pool, { tenantId });
    const { filtered } = await rulesFor([newEvent({ tenantId })]);
    const filter = expect.stringContaining('"required"');
    expect(filtered.toSorted((a, b) => (a.webhookId + a.pattern < b.webhookId + b.pattern ? -1 : 1))).toEqual(
      [
        { webhookId: active, tenantId, pattern: 'a.*', filter, revision: expect.any(String) },
        { webhookId: active, tenantId, pattern: 'a.b', filter, revision: expect.any(String) },
        { webhookId: pending, tenantId, pattern: '*', filter, revision: expect.any(String) },
      ],
    );
  });

  it('are the tenants that exist and the schemas as text', async () => {
    const tenantId = await addTenant(db.pool);
    await db.pool.query(
      `INSERT INTO event_type (name, schema) VALUES ('typed', '{"required":["a"]}'), ('free', NULL)`,
    );
    const events = ['typed', 'free'].map((type) => newEvent({ tenantId, type }));
    const { tenants, schemas } = await rulesFor([...events, newEvent({ tenantId: newEvent().id })]);
    expect([...tenants]).toEqual([tenantId]);
    expect(schemas).toEqual(new Map([['typed', '{"required": ["a"]}']]));
  });
});

/** A tenant with 10,000 active webhooks. */
async function addMany(filter: object | null): Promise<string> {
  const tenantId = await addTenant(db.pool);
  await db.pool.query(
    `WITH w AS (
       INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, filter, filter_set_at)
       SELECT posthorn_uuidv7(), $1, 'https://r.example/', '[]', 1000, 'active', now(), $2::jsonb, now()
       FROM generate_series(1, 10000) RETURNING id
     )
     INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) SELECT $1, '*', id FROM w`,
    [tenantId, filter],
  );
  return tenantId;
}

/** The indexes and the tables that a statement of ours would read. */
async function planOf(run: (pool: Pool) => Promise<unknown>): Promise<string> {
  const statements: string[] = [];
  const spy = {
    options: {},
    query: ({ text }: { text: string }) => (statements.push(text), { rows: [] }),
  };
  await run(spy as unknown as Pool);
  const { rows } = await db.once.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${statements[0]}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('with 10,000 webhooks', () => {
  it('without filters it looks at none of them for a filter', async () => {
    const event = newEvent({ tenantId: await addMany(null) });
    await db.pool.query('ANALYZE webhook, webhook_subscription');
    const reading = await planOf((pool) =>
      readAcceptRules(pool, { tenantIds: [event.tenantId], types: ['a'], patterns: ['*'] }),
    );
    expect(reading).toContain('webhook_filter_idx');
    const taking = await planOf((pool) =>
      acceptEvents(pool, [event], { eventIds: [], webhookIds: [], revisions: [] }),
    );
    expect(taking).toContain('webhook_filter_idx');
  });

  it('without filters a plan that was made for a few serves all of them', async () => {
    const [few, many] = [newEvent({ tenantId: await addTenant(db.pool) }), newEvent()];
    const nothingAsked = { eventIds: [], webhookIds: [], revisions: [] };
    await acceptEvents(db.once, [few], nothingAsked);
    const tenantId = await addMany(null);
    const startedAtMs = performance.now();
    const accepted = await acceptEvents(db.once, [{ ...many, tenantId }], nothingAsked);
    // Each of 10,000 compared with each takes 10 s and more.
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
    expect(accepted?.[0]?.deliveries).toHaveLength(10_000);
  });

  it.each<[string, () => Pool]>([
    ['each time', () => db.pool],
    ['once', () => db.once],
  ])('with filters, planned %s, 500 events take no more time than what passes', async (_plans, pool) => {
    const tenantId = await addMany(FILTER);
    const events = Array.from({ length: 500 }, () => newEvent({ tenantId }));
    const { filtered } = await rulesFor(events);
    expect(filtered).toHaveLength(10_000);
    const [first] = filtered;
    const pairs = events.map((event): [NewEvent, string] => [event, first?.webhookId ?? '']);
    const verdicts = await verdictsOf(events, ...pairs);
    const startedAtMs = performance.now();
    await acceptEvents(pool(), events, verdicts);
    // To look up each webhook for each event takes 10 s and more.
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
    expect(await count('delivery', tenantId)).toBe(500);
  });
});
