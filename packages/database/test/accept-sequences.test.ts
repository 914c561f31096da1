import { describe, expect, it } from '@jest/globals';
import { LIVE_CHAIN } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { acceptEvents, acceptEventsWithoutRules } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import type { Pool } from 'pg';
import { addTenant, addWebhook, newEvent, type WebhookRow } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const NO_FILTERS = { eventIds: [], webhookIds: [], revisions: [] };
const SEQUENCED = { ...NO_FILTERS, hasSequences: true };

/** Creates a tenant with these webhooks. */
async function tenantWith(...webhooks: WebhookRow[]) {
  const tenantId = await addTenant(db.pool);
  const ids: string[] = [];
  for (const webhook of webhooks) ids.push(await addWebhook(db.pool, { tenantId, ...webhook }));
  const [first = ''] = ids;
  const event = (fields: Partial<NewEvent> = {}) => newEvent({ tenantId, ...fields });
  return { tenantId, ids, webhookId: first, event };
}

interface Placed {
  event_id: string;
  sequence: number | null;
  ordering_key: string | null;
  chain: string | null;
  epoch: number;
}

/** Returns the deliveries of a webhook, by their numbers. */
async function deliveriesOf(webhookId: string): Promise<Placed[]> {
  const { rows } = await db.pool.query<Placed>(
    `SELECT event_id, sequence::integer, ordering_key, chain, epoch FROM pending_delivery
     WHERE webhook_id = $1 ORDER BY sequence, id`,
    [webhookId],
  );
  return rows;
}

async function numbersOf(webhookId: string, events: readonly NewEvent[]): Promise<(number | null)[]> {
  const numbers = new Map(
    (await deliveriesOf(webhookId)).map(({ event_id, sequence }) => [event_id, sequence]),
  );
  return events.map(({ id }) => numbers.get(id) ?? null);
}

/** Begins a transaction. `pool` runs the statements in it. */
async function begin() {
  const client = await db.pool.connect();
  await client.query('BEGIN');
  const end = async (how: 'COMMIT' | 'ROLLBACK') => {
    await client.query(how);
    client.release();
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a client runs the statements of one transaction
  return { pool: Object.assign(client, { options: db.pool.options }) as unknown as Pool, end };
}

/** Waits until a statement that accepts events waits for the counter of a webhook. */
const counterWait = () =>
  eventually(async () => {
    const { rowCount } = await db.pool.query(
      `SELECT FROM pg_stat_activity
       WHERE wait_event_type = 'Lock' AND query LIKE '%WITH pattern AS%' AND datname = current_database()`,
    );
    expect(rowCount).toBe(1);
  });

describe('the numbers of deliveries', () => {
  it('follow the order of the events in each batch, for each webhook that numbers them', async () => {
    const { ids, event } = await tenantWith(
      { sequenced: true },
      { ordering: 'strict', patterns: ['a.*'] },
      {},
    );
    // Ids in descending order.
    const events = Array.from({ length: 5 }, (_, n) => event({ type: n === 2 ? 'b' : 'a.b' })).toReversed();
    await acceptEvents(db.pool, events.slice(0, 3), SEQUENCED);
    await acceptEvents(db.genericPlanPool, events.slice(3), SEQUENCED);
    const [all = '', some = '', none = ''] = ids;
    expect(await numbersOf(all, events)).toEqual([1, 2, 3, 4, 5]);
    expect(await numbersOf(some, events)).toEqual([1, 2, null, 3, 4]);
    expect((await deliveriesOf(none)).map(({ sequence }) => sequence)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('have no gaps, although some events are duplicates or do not match', async () => {
    const { webhookId, event } = await tenantWith({ ordering: 'strict' });
    await db.pool.query(`UPDATE webhook SET filter = '{}', filter_set_at = now() WHERE id = $1`, [webhookId]);
    const known = event({ idempotencyKey: 'known' });
    const matched = [event(), known, event({ idempotencyKey: 'new' }), event(), event()];
    const [first, , keyed, push, last] = matched;
    const filtered = event();
    const accept = (...events: (NewEvent | undefined)[]) => {
      const batch = events.filter((one) => one !== undefined);
      const matches = batch.filter((one) => one !== filtered).map(({ id }) => id);
      return acceptEvents(db.pool, batch, {
        eventIds: matches,
        webhookIds: matches.map(() => webhookId),
        hasSequences: true,
      });
    };
    await accept(first, known);
    await accept(
      event({ idempotencyKey: 'known' }),
      keyed,
      event({ idempotencyKey: 'new' }),
      filtered,
      push,
      push,
    );
    await accept(event({ idempotencyKey: 'new' }), push);
    await accept(last);
    expect(await numbersOf(webhookId, matched)).toEqual([1, 2, 3, 4, 5]);
    expect(await deliveriesOf(webhookId)).toHaveLength(5);
  });

  it('are not used up by a transaction that is rolled back', async () => {
    const { webhookId, event } = await tenantWith({ sequenced: true });
    const transaction = await begin();
    await acceptEvents(transaction.pool, [event(), event()], SEQUENCED);
    await transaction.end('ROLLBACK');
    const events = [event(), event()];
    for (const each of events) await acceptEvents(db.pool, [each], SEQUENCED);
    expect(await numbersOf(webhookId, events)).toEqual([1, 2]);
  });

  it.each([0, 1])('are in the order of the commits, after %i earlier ones', async (earlier) => {
    const { webhookId, event } = await tenantWith({ ordering: 'strict' });
    for (let n = 0; n < earlier; n += 1) await acceptEvents(db.pool, [event()], SEQUENCED);
    const [first, second, third] = [event(), event(), event()];
    const transaction = await begin();
    await acceptEvents(transaction.pool, [first], SEQUENCED);
    const waiting = acceptEvents(db.pool, [second, third], SEQUENCED);
    await counterWait();
    await transaction.end('COMMIT');
    await waiting;
    expect(await numbersOf(webhookId, [first, second, third])).toEqual([1, 2, 3].map((n) => n + earlier));
  });

  it('belong to the epoch in which their statement began, although it had to wait', async () => {
    const { webhookId, event } = await tenantWith({ ordering: 'strict' });
    const transaction = await begin();
    await acceptEvents(transaction.pool, [event()], SEQUENCED);
    const waiting = acceptEvents(db.pool, [event()], SEQUENCED);
    await counterWait();
    await db.pool.query(`UPDATE webhook SET status = 'suspended', epoch = 1 WHERE id = $1`, [webhookId]);
    await transaction.end('COMMIT');
    await waiting;
    expect((await deliveriesOf(webhookId)).map(({ epoch }) => epoch)).toEqual([0, 0]);
  });

  it('are locked in one order, whatever the order of the events', async () => {
    const { ids, event } = await tenantWith(
      { ordering: 'strict', patterns: ['a'] },
      { ordering: 'strict', patterns: ['b'] },
    );
    const rounds = 50;
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all([
        acceptEvents(db.pool, [event({ type: 'a' }), event({ type: 'b' })], SEQUENCED),
        acceptEvents(db.genericPlanPool, [event({ type: 'b' }), event({ type: 'a' })], SEQUENCED),
      ]);
    }
    for (const id of ids)
      expect((await deliveriesOf(id)).map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 2 * rounds }, (_, n) => n + 1),
      );
  });
});

const lock = (pool: Pool, webhookId: string | undefined) =>
  pool.query('SELECT FROM webhook_sequence WHERE webhook_id = $1 FOR UPDATE NOWAIT', [webhookId]);

describe('the counters of a batch', () => {
  it('are locked in the order of their webhooks', async () => {
    const { ids, event } = await tenantWith({ sequenced: true }, { sequenced: true });
    const [low, high] = ids.toSorted();
    await acceptEvents(db.pool, [event()], SEQUENCED);
    const transaction = await begin();
    await lock(transaction.pool, low);
    const waiting = acceptEvents(db.pool, [event()], SEQUENCED);
    await counterWait();
    expect((await lock(db.pool, high)).rowCount).toBe(1);
    await transaction.end('COMMIT');
    expect(await waiting).toHaveLength(1);
  });
});

describe('the chain of a delivery', () => {
  const KEYED = { attributes: { orderingKey: 'k' } };

  it.each<[string, WebhookRow, Partial<NewEvent>, Partial<Placed>]>([
    ['strict', { ordering: 'strict' }, KEYED, { ordering_key: '', chain: LIVE_CHAIN }],
    ['by key', { ordering: 'byKey' }, KEYED, { ordering_key: 'k', chain: LIVE_CHAIN }],
    ['by key, without a key', { ordering: 'byKey' }, {}, { ordering_key: null, chain: null }],
    ['numbers only', { sequenced: true }, KEYED, { ordering_key: null, chain: null }],
    ['a shadow', { ordering: 'strict', isShadow: true }, KEYED, { ordering_key: '', chain: null }],
  ])('%s', async (_case, webhook, fields, placed) => {
    const { webhookId, event } = await tenantWith(webhook);
    const accepted = await acceptEvents(db.pool, [event(fields)], { ...SEQUENCED, withStored: true });
    expect(await deliveriesOf(webhookId)).toMatchObject([{ sequence: 1, ...placed }]);
    const isChained = placed.chain !== null;
    expect(accepted).toMatchObject([{ deliveries: [{ isChained, stored: null }] }]);
  });

  it('concerns no other delivery of the event', async () => {
    const { ids, event } = await tenantWith({}, { ordering: 'byKey' }, { sequenced: true }, {});
    const [accepted] =
      (await acceptEvents(db.pool, [event(KEYED)], { ...SEQUENCED, withStored: true })) ?? [];
    const { rows } = await db.pool.query<{ id: string; webhook_id: string }>(
      'SELECT id, webhook_id FROM pending_delivery WHERE event_id = $1',
      [accepted?.eventId],
    );
    const ofWebhook = new Map(rows.map(({ id, webhook_id }) => [webhook_id, id]));
    const delivery = (id: string) => accepted?.deliveries.find((one) => one.id === ofWebhook.get(id));
    expect(ids.map((id) => delivery(id)?.isChained)).toEqual([false, true, false, false]);
    expect(ids.map((id) => delivery(id)?.stored?.webhookId)).toEqual([ids[0], undefined, undefined, ids[3]]);
  });
});

describe('a statement without numbers', () => {
  const accept = {
    'one event': (event: NewEvent) => acceptEventsWithoutRules(db.pool, [event]),
    'a batch without rules': (event: NewEvent) =>
      acceptEventsWithoutRules(db.pool, [event, newEvent({ tenantId: event.tenantId, type: 'other' })]),
    'a batch with filters': (event: NewEvent) => acceptEvents(db.pool, [event], NO_FILTERS),
    'a batch whose filters are not verified': (event: NewEvent) =>
      acceptEvents(db.pool, [event], { eventIds: [], webhookIds: [], keys: [] }),
  };

  describe.each(Object.entries(accept))('%s', (_case, run) => {
    it.each<WebhookRow>([{ ordering: 'strict' }, { ordering: 'byKey' }, { sequenced: true }])(
      'stores nothing that matches %j',
      async (webhook) => {
        const { event } = await tenantWith({}, { ...webhook, patterns: ['a.b'] });
        const refused = event();
        expect(await run(refused)).toBeNull();
        const { rowCount } = await db.pool.query('SELECT FROM event WHERE id = $1', [refused.id]);
        expect(rowCount).toBe(0);
        expect(await run(event({ type: 'a.c' }))).not.toBeNull();
      },
    );

    it('ignores webhooks that are not active, and those of other tenants', async () => {
      await tenantWith({ ordering: 'strict' });
      const { event } = await tenantWith({ ordering: 'strict', status: 'suspended' });
      expect(await run(event())).not.toBeNull();
    });
  });
});
