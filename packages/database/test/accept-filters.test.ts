import { describe, expect, it } from '@jest/globals';
import { patternsMatching } from '@posthorn/core';
import { acceptEvents, type FilterMatches, type FilterResults } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { readAcceptRules } from '../src/events/read-accept-rules.js';
import type { Pool } from 'pg';
import { addTenant, addWebhook, newEvent, type WebhookRow } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const FILTER = { required: ['a'] };

/** Sets a filter, later than the previous one, as the API does: also within the same millisecond. */
async function setFilter(webhookId: string, filter: object | null): Promise<void> {
  await db.pool.query(
    `UPDATE webhook SET filter = $2::jsonb, filter_set_at = greatest(clock_timestamp(), filter_set_at + interval '1 ms')
     WHERE id = $1`,
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

/** Returns results as if all current filters had been evaluated and these pairs of event and webhook matched. */
async function resultsFor(
  events: readonly NewEvent[],
  ...pairs: [NewEvent, string][]
): Promise<FilterResults> {
  const { filtered } = await rulesFor(events);
  return { ...matchesOf(...pairs), revisions: filtered.map(({ revision }) => revision) };
}

const matchesOf = (...pairs: [NewEvent, string][]): FilterMatches => ({
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
  it('receives only matching events; a webhook without a filter receives all events', async () => {
    const tenantId = await addTenant(db.pool);
    const unfiltered = await addWebhook(db.pool, { tenantId });
    const matchingBoth = await addFiltered({ tenantId });
    const matchingSecond = await addFiltered({ tenantId });
    const [first, second] = [newEvent({ tenantId }), newEvent({ tenantId })];
    const results = await resultsFor(
      [first],
      [first, matchingBoth],
      [second, matchingBoth],
      [second, matchingSecond],
    );
    const accepted = await acceptEvents(db.pool, [first, second], results);
    expect(accepted?.map(({ deliveries }) => deliveries.length)).toEqual([2, 3]);
    expect(await webhooksOf(first)).toEqual([unfiltered, matchingBoth]);
    expect(await webhooksOf(second)).toEqual([unfiltered, matchingBoth, matchingSecond]);
  });

  it('receives an event once if its filter was evaluated for two matching patterns', async () => {
    const tenantId = await addTenant(db.pool);
    const id = await addFiltered({ tenantId, patterns: ['a.b', '*'] });
    const event = newEvent({ tenantId });
    expect(await acceptEvents(db.pool, [event], await resultsFor([event], [event, id], [event, id]))).toEqual(
      [
        {
          eventId: event.id,
          available: 0,
          deliveries: [{ id: expect.any(String), lane: 'fast', isChained: false, stored: null }],
        },
      ],
    );
  });

  it('receives nothing without an active, matching subscription, even if its filter matches', async () => {
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
    await acceptEvents(db.pool, [event], await resultsFor([event], ...pairs));
    expect(await webhooksOf(event)).toEqual([]);
  });

  it('gets deliveries in its lane', async () => {
    const tenantId = await addTenant(db.pool);
    const id = await addFiltered({ tenantId });
    await db.pool.query('UPDATE webhook SET slow_since = now() WHERE id = $1', [id]);
    const event = newEvent({ tenantId });
    const accepted = await acceptEvents(db.pool, [event], await resultsFor([event], [event, id]));
    expect(accepted?.[0]?.deliveries).toEqual([
      { id: expect.any(String), lane: 'slow', isChained: false, stored: null },
    ]);
  });
});

async function setAfterEvaluation(set: (webhookId: string) => Promise<void>, row: WebhookRow = {}) {
  const tenantId = await addTenant(db.pool);
  const id = await addFiltered({ tenantId, ...row });
  const event = newEvent({ tenantId, idempotencyKey: 'k' });
  const results = await resultsFor([event], [event, id]);
  await set(id);
  return { tenantId, id, event, results };
}

const changeFilter = (id: string) => setFilter(id, { required: ['b'] });

describe('a filter that was set after the evaluation', () => {
  it('rejects the batch without inserting any event', async () => {
    const { tenantId, event, results } = await setAfterEvaluation(changeFilter);
    expect(await acceptEvents(db.pool, [newEvent(), event], results)).toBeNull();
    for (const table of ['event', 'delivery', 'event_idempotency'])
      expect(await count(table, tenantId)).toBe(0);
    expect(await acceptEvents(db.pool, [event], await resultsFor([event]))).toEqual([
      { eventId: event.id, deliveries: [], available: 0 },
    ]);
  });

  it('rejects the batch even if it is the first filter', async () => {
    const { id, event } = await setAfterEvaluation((webhookId) => setFilter(webhookId, null));
    const noFilters = await resultsFor([event]);
    await setFilter(id, FILTER);
    expect(await acceptEvents(db.pool, [event], noFilters)).toBeNull();
  });

  it('does not reject the batch if its webhook, evaluated while inactive, became active', async () => {
    const tenantId = await addTenant(db.pool);
    const id = await addFiltered({ tenantId, status: 'suspended' });
    const event = newEvent({ tenantId });
    const results = await resultsFor([event], [event, id]);
    await db.pool.query("UPDATE webhook SET status = 'active' WHERE id = $1", [id]);
    await acceptEvents(db.pool, [event], results);
    expect(await webhooksOf(event)).toEqual([id]);
  });

  it('matches nothing if the caller passes no revisions', async () => {
    const { tenantId, event, results } = await setAfterEvaluation(changeFilter);
    const free = await addWebhook(db.pool, { tenantId });
    const late = await addFiltered({ tenantId });
    const { eventIds, webhookIds } = results;
    await acceptEvents(db.pool, [event], { eventIds, webhookIds });
    expect(await webhooksOf(event)).toEqual(expect.not.arrayContaining([late]));
    expect(await webhooksOf(event)).toContain(free);
  });

  it('does not reject the batch if the filter was removed', async () => {
    const { id, event, results } = await setAfterEvaluation((webhookId) => setFilter(webhookId, null));
    await acceptEvents(db.pool, [event], { ...results, eventIds: [], webhookIds: [] });
    expect(await webhooksOf(event)).toEqual([id]);
  });

  it.each<[string, WebhookRow]>([
    ['has no matching subscription', { patterns: ['c.*'] }],
    ['is suspended', { status: 'suspended' }],
    ['is deleted', { status: 'deleted' }],
  ])('does not reject the batch if its webhook %s', async (_name, row) => {
    const { event, results } = await setAfterEvaluation(changeFilter, row);
    expect(await acceptEvents(db.pool, [event], results)).toHaveLength(1);
  });

  it('does not reject batches of other tenants', async () => {
    const { results } = await setAfterEvaluation(changeFilter);
    const event = newEvent({ tenantId: await addTenant(db.pool) });
    expect(await acceptEvents(db.pool, [event], results)).toHaveLength(1);
  });
});

describe('readAcceptRules', () => {
  it('returns the filters of webhooks with matching subscriptions', async () => {
    const [tenantId, otherTenantId] = [await addTenant(db.pool), await addTenant(db.pool)];
    const active = await addFiltered({ tenantId, patterns: ['a.b', 'a.*', 'c'] });
    const pending = await addFiltered({ tenantId, status: 'pending_validation' });
    await addFiltered({ tenantId, status: 'deleted' });
    await addFiltered({ tenantId, patterns: ['c'] });
    await addFiltered({ tenantId: otherTenantId });
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

  it('returns the status of existing tenants, and schemas as text', async () => {
    const tenantId = await addTenant(db.pool);
    await db.pool.query(
      `INSERT INTO event_type (name, schema) VALUES ('typed', '{"required":["a"]}'), ('free', NULL)`,
    );
    const events = ['typed', 'free'].map((type) => newEvent({ tenantId, type }));
    const { tenants, schemas } = await rulesFor([...events, newEvent({ tenantId: newEvent().id })]);
    expect(tenants).toEqual(new Map([[tenantId, 'active']]));
    expect(schemas).toEqual(new Map([['typed', '{"required": ["a"]}']]));
  });
});

/** Creates a tenant with 10,000 active webhooks. */
async function addManyWebhooks(filter: object | null): Promise<string> {
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

/** Returns the generic plan of the statement that `run` sends. */
async function planOf(run: (pool: Pool) => Promise<unknown>): Promise<string> {
  const statements: string[] = [];
  const spy = {
    options: {},
    query: ({ text }: { text: string }) => (statements.push(text), { rows: [] }),
  };
  await run(spy as unknown as Pool);
  const { rows } = await db.genericPlanPool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (GENERIC_PLAN) ${statements[0]}`,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('with 10,000 webhooks', () => {
  it('reads no webhook to find filters when none has a filter', async () => {
    const event = newEvent({ tenantId: await addManyWebhooks(null) });
    await db.pool.query('ANALYZE webhook, webhook_subscription');
    const readPlan = await planOf((pool) =>
      readAcceptRules(pool, { tenantIds: [event.tenantId], types: ['a'], patterns: ['*'] }),
    );
    expect(readPlan).toContain('webhook_rules_idx');
    const acceptPlan = await planOf((pool) =>
      acceptEvents(pool, [event], { eventIds: [], webhookIds: [], revisions: [] }),
    );
    expect(acceptPlan).toContain('webhook_rules_idx');
  });

  it('performs well with a plan created for few webhooks, without filters', async () => {
    const [firstEvent, secondEvent] = [newEvent({ tenantId: await addTenant(db.pool) }), newEvent()];
    const noFilters = { eventIds: [], webhookIds: [], revisions: [] };
    await acceptEvents(db.genericPlanPool, [firstEvent], noFilters);
    const tenantId = await addManyWebhooks(null);
    const startedAtMs = performance.now();
    const accepted = await acceptEvents(db.genericPlanPool, [{ ...secondEvent, tenantId }], noFilters);
    // A nested loop over 10,000 × 10,000 webhooks takes more than 10 s.
    expect(performance.now() - startedAtMs).toBeLessThan(8000);
    expect(accepted?.[0]?.deliveries).toHaveLength(10_000);
  });

  it.each<[string, () => Pool]>([
    ['per execution', () => db.pool],
    ['once', () => db.genericPlanPool],
  ])(
    'accepts 500 events with filters, planned %s, in time proportional to the matches',
    async (_planning, pool) => {
      const tenantId = await addManyWebhooks(FILTER);
      const events = Array.from({ length: 500 }, () => newEvent({ tenantId }));
      const { filtered } = await rulesFor(events);
      expect(filtered).toHaveLength(10_000);
      const webhookId = filtered[0]?.webhookId ?? '';
      const pairs = events.map((event): [NewEvent, string] => [event, webhookId]);
      const results = await resultsFor(events, ...pairs);
      const startedAtMs = performance.now();
      await acceptEvents(pool(), events, results);
      // Looking up each webhook for each event takes more than 10 s.
      expect(performance.now() - startedAtMs).toBeLessThan(8000);
      expect(await count('delivery', tenantId)).toBe(500);
    },
  );
});
