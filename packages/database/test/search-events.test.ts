import { beforeAll, describe, expect, it } from '@jest/globals';
import { derivedId, newId, searchDigest } from '@posthorn/core';
import { acceptEvents } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { searchEventsByIdempotencyKey, searchEventsByValue } from '../src/search/search-events.js';
import type { Pool } from 'pg';
import { explainScans } from './fixtures/explain-scans.js';
import { addTenant, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const digestOf = (value: string): string => searchDigest(value) ?? '';
const withValues = (...values: string[]): Pick<NewEvent, 'searchValues'> => ({
  searchValues: values.map((value) => ({ digest: digestOf(value), pointer: '/id' })),
});
const idsByValue = async (value: string, tenantId: string | null, limit = 10) =>
  (
    await searchEventsByValue(db.pool, { digests: [digestOf(value)], redacts: false }, { tenantId, limit })
  ).map(({ id }) => id);

describe('a search that must not find redacted values', () => {
  it('skips the places that any type redacts, and reads a limited number of rows', async () => {
    const tenantId = await addTenant(db.pool);
    await db.pool.query(`INSERT INTO event_type (name, redact) VALUES ('other.type', '{/hidden/part}')`);
    const value = newId();
    const accept = async (pointer: string) => {
      const event = newEvent({ tenantId, searchValues: [{ digest: digestOf(value), pointer }] });
      await acceptEvents(db.pool, [event]);
      return event.id;
    };
    const find = async () =>
      (
        await searchEventsByValue(
          db.pool,
          { digests: [digestOf(value)], redacts: true },
          { tenantId, limit: 10 },
        )
      ).map(({ id }) => id);
    for (const pointer of ['/hidden', '/hidden/part', '/hidden/part/of']) await accept(pointer);
    expect(await find()).toEqual([]);
    const shown = await accept('/hidden/others');
    expect(await find()).toEqual([shown]);
    const later = Date.now() + 1000;
    await db.pool.query(
      `INSERT INTO event_search_value (tenant_id, digest, event_id, pointer)
       SELECT $1, $2, event_id, '/hidden' FROM unnest($3::uuid[]) AS event_id`,
      [tenantId, digestOf(value), Array.from({ length: 1000 }, () => derivedId(newId(), later))],
    );
    expect(await find()).toEqual([]);
  });
});

describe('an event with search values', () => {
  it('is found by each of them, in its tenant and in all', async () => {
    const [tenantId, other] = [await addTenant(db.pool), await addTenant(db.pool)];
    const occurredAt = '2026-01-31T12:00:00.500Z';
    const body = JSON.stringify({ id: 'evt_1', type: 'a.b', timestamp: occurredAt, data: {} });
    const event = newEvent({ tenantId, body, ...withValues('A-1', 'B-1') });
    await acceptEvents(db.genericPlanPool, [event, newEvent({ tenantId })]);
    const found = await searchEventsByValue(
      db.pool,
      { digests: [digestOf('A-1')], redacts: false },
      { tenantId, limit: 10 },
    );
    const { id, type } = event;
    expect(found).toEqual([
      { id, tenantId, type, occurredAt, publishedAt: expect.any(Date), pointer: '/id' },
    ]);
    expect(await idsByValue('B-1', null)).toEqual([id]);
    expect(await idsByValue('A-1', other)).toEqual([]);
    expect(await idsByValue('A-2', null)).toEqual([]);
  });

  it.each([
    ['a key', { idempotencyKey: 'k' }, false],
    ['a filter', {}, true],
    ['a key and a filter', { idempotencyKey: 'l' }, true],
  ])('is indexed by the statement for %s', async (name, fields, hasFilter) => {
    const event = newEvent({ ...fields, ...withValues(name) });
    const matches = hasFilter ? { eventIds: [event.id], webhookIds: [newId()] } : undefined;
    await acceptEvents(db.genericPlanPool, [event], matches);
    expect(await idsByValue(name, null)).toEqual([event.id]);
  });

  it('is indexed once if it is accepted twice, also within a batch', async () => {
    const event = newEvent({ pushed: true, ...withValues('twice') });
    expect(await acceptEvents(db.pool, [event, event])).toHaveLength(1);
    expect(await acceptEvents(db.pool, [event])).toEqual([]);
    expect(await idsByValue('twice', null)).toEqual([event.id]);
  });

  it('is not indexed if it is a duplicate of another', async () => {
    const [first, second] = ['1', '2'].map((value) =>
      newEvent({ idempotencyKey: 'same', ...withValues(`duplicate ${value}`) }),
    );
    await acceptEvents(db.pool, [first as NewEvent]);
    await acceptEvents(db.pool, [second as NewEvent]);
    expect(await idsByValue('duplicate 1', null)).toEqual([first?.id]);
    expect(await idsByValue('duplicate 2', null)).toEqual([]);
  });

  it('is not stored if its values cannot be', async () => {
    const event = newEvent({ searchValues: [{ digest: 'none', pointer: '/id' }] });
    await expect(acceptEvents(db.pool, [event])).rejects.toThrow('invalid input syntax for type uuid');
    const { rowCount } = await db.pool.query('SELECT FROM event WHERE id = $1', [event.id]);
    expect(rowCount).toBe(0);
  });
});

describe('events of an idempotency key', () => {
  it('are found in one tenant or in all', async () => {
    const tenants = [await addTenant(db.pool), await addTenant(db.pool)];
    const events = tenants.map((tenantId) => newEvent({ tenantId, idempotencyKey: 'order-7' }));
    await acceptEvents(db.pool, events);
    const find = async (tenantId: string | null) =>
      (await searchEventsByIdempotencyKey(db.pool, 'order-7', { tenantId, limit: 10 })).map(({ id }) => id);
    expect(await find(null)).toEqual(events.map(({ id }) => id).toReversed());
    expect(await find(tenants[0] ?? '')).toEqual([events[0]?.id]);
  });
});

/** Events of many days and two tenants that have one value. */
const SHARED_VALUE = 'EUR';
const DAYS = 8;
const EVENTS_A_DAY = 2000;

describe('a value that many events share', () => {
  let tenantId: string;
  beforeAll(async () => {
    await createPartitions(db.pool, new Date('2031-01-01T00:00:00Z'));
    tenantId = await addTenant(db.pool);
    await db.pool.query(
      `WITH moments AS (
         SELECT n, timestamptz '2031-01-01Z' + n * interval '1 day' / ${EVENTS_A_DAY} AS moment
         FROM generate_series(1, ${DAYS * EVENTS_A_DAY - 1}) AS n
       ), events AS (
         INSERT INTO event (id, tenant_id, published_at, type, body)
         SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor(moment)::text, 13) FROM 1)::uuid,
           CASE WHEN n % 2 = 0 THEN $1::uuid ELSE posthorn_uuidv7() END, moment, 'a.b', '{}'
         FROM moments RETURNING id, tenant_id
       )
       INSERT INTO event_search_value (tenant_id, digest, event_id, pointer) SELECT tenant_id, $2, id, '/currency' FROM events`,
      [tenantId, digestOf(SHARED_VALUE)],
    );
    await db.pool.query('VACUUM ANALYZE event, event_search_value');
  });

  it('finds the newest ones', async () => {
    const { rows } = await db.pool.query<{ id: string }>('SELECT id FROM event ORDER BY id DESC LIMIT 3');
    expect(await idsByValue(SHARED_VALUE, null, 3)).toEqual(rows.map(({ id }) => id));
    expect(await idsByValue(SHARED_VALUE, tenantId, 3)).toHaveLength(3);
  });

  it.each(['one tenant', 'all tenants'])('is searched for in %s by index, row by row', async (where) => {
    const statements: { text: string; values: unknown[] }[] = [];
    const client = {
      query: (each: (typeof statements)[0]) => (statements.push(each), { rows: [] }),
      release() {},
      on() {},
      off() {},
    };
    const spy = { connect: () => Promise.resolve(client) } as unknown as Pool;
    const scope = { tenantId: where === 'one tenant' ? tenantId : null, limit: 20 };
    await searchEventsByValue(spy, { digests: [digestOf(SHARED_VALUE)], redacts: false }, scope);
    const statement = statements.find(({ values }) => values);
    const scans = await explainScans(db.pool, statement ?? { text: '', values: [] });
    expect(scans.filter(({ name, rows }) => name.startsWith('Seq Scan') && rows > 10)).toEqual([]);
    expect(scans.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(20 * 2 + DAYS * 3);
  });
});
