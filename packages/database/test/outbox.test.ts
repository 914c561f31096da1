import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually, freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import type { PoolClient, Pool } from 'pg';
import { connect, type Database } from '../src/connection/connect.js';
import { installOutbox } from '../src/outbox/install-outbox.js';
import { OutboxBound } from '../src/outbox/outbox-bound.js';
import { postgresPositions } from '../src/outbox/postgres-positions.js';
import { deleteFromOutbox, type OutboxRow, readOutbox, readOutboxState } from '../src/outbox/read-outbox.js';

/** The database of an application. */
let fresh: FreshDatabase;
let application: Database;
let pool: Pool;

const suffix = Math.random().toString(36).slice(2, 8);
const PUBLISHER = `outbox_publisher_${suffix}`;
const READER = `outbox "reader" ${suffix}`;

beforeAll(async () => {
  fresh = await freshDatabase();
  application = connect({ url: fresh.url, applicationName: 'application' });
  ({ pool } = application);
  await pool.query(`CREATE ROLE ${PUBLISHER}; CREATE ROLE "${READER.replaceAll('"', '""')}"`);
});
afterAll(async () => {
  await application.stop();
  await fresh.drop();
  const server = connect({ url: new URL('/postgres', fresh.url).href, applicationName: 'test' });
  await server.pool.query(`DROP ROLE ${PUBLISHER}; DROP ROLE "${READER.replaceAll('"', '""')}"`);
  await server.stop();
});
beforeEach(() => installOutbox(pool, { publishers: [PUBLISHER], readers: [READER] }));
afterEach(() => pool.query('TRUNCATE posthorn.outbox RESTART IDENTITY'));

const ANY_TIME = { createdFrom: new Date(0), createdTo: new Date(Date.now() + 3_600_000) };
const PAGE = { ...ANY_TIME, after: '0', except: [], limit: 100, maxRowBytes: 1000, maxBytes: 10_000 };

const publish = (client: Pool | PoolClient, type: string, data = '{}') =>
  client.query('SELECT posthorn.publish($1, $2)', [type, data]);

const typesOf = (rows: readonly OutboxRow[]) => rows.map(({ type }) => type);

/** Runs work in a transaction as a role. */
async function as(role: string, work: (client: PoolClient) => Promise<unknown>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SET LOCAL ROLE "${role.replaceAll('"', '""')}"`);
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

describe('an outbox', () => {
  it('keeps the text of the data, and the order of the rows', async () => {
    await publish(pool, 'a', '{ "n": 1.0, "b":2,\n"a" : 3 }');
    await pool.query(
      `SELECT posthorn.publish('b', '{"n":1}'::jsonb, tenant => 'default', metadata => '{"k":"v"}',
         ordering_key => 'o1')`,
    );
    await pool.query(
      `INSERT INTO posthorn.outbox (type, data, occurred_at) VALUES ('c', 'no JSON', '2026-01-02T03:04:05Z')`,
    );
    expect(await readOutbox(pool, PAGE)).toMatchObject([
      {
        type: 'a',
        data: '{ "n": 1.0, "b":2,\n"a" : 3 }',
        tenant: null,
        metadata: null,
        occurredAt: null,
        orderingKey: null,
      },
      { type: 'b', data: '{"n": 1}', tenant: 'default', metadata: '{"k": "v"}', orderingKey: 'o1' },
      { type: 'c', data: 'no JSON', bytes: 8, occurredAt: '2026-01-02T03:04:05+00:00' },
    ]);
  });

  it('refuses data that is not JSON, in the transaction of the application', async () => {
    await expect(publish(pool, 'a', '{"n":')).rejects.toThrow('invalid input syntax for type json');
    expect(await readOutboxState(pool, { ...ANY_TIME, after: '0' })).toMatchObject({ rows: 0 });
  });

  it('allows publishers only to publish, and readers only to read and delete', async () => {
    await as(PUBLISHER, (client) => publish(client, 'a'));
    await expect(as(PUBLISHER, (client) => client.query('SELECT type FROM posthorn.outbox'))).rejects.toThrow(
      'denied',
    );
    await expect(as(PUBLISHER, (client) => client.query('DELETE FROM posthorn.outbox'))).rejects.toThrow(
      'denied',
    );
    const dated = "INSERT INTO posthorn.outbox (type, data, created_at) VALUES ('a', '{}', now())";
    await expect(as(PUBLISHER, (client) => client.query(dated))).rejects.toThrow('denied');
    await expect(as(READER, (client) => publish(client, 'a'))).rejects.toThrow('denied');
    await expect(as(PUBLISHER, (client) => client.query('SELECT data FROM posthorn.outbox'))).rejects.toThrow(
      'denied',
    );
    // As an ORM does.
    await as(PUBLISHER, (client) =>
      client.query("INSERT INTO posthorn.outbox (type, data) VALUES ('b', '{}') RETURNING position, id"),
    );
    await as(READER, (client) => client.query('DELETE FROM posthorn.outbox'));
    await as(READER, (client) => client.query('SELECT last_value FROM posthorn.outbox_position_seq'));
    expect(await readOutboxState(pool, { ...ANY_TIME, after: '0' })).toMatchObject({ rows: 0 });
  });

  it('bounds the bytes of a page and of a row', async () => {
    await publish(pool, 'a', JSON.stringify({ text: 'x'.repeat(700) }));
    await publish(pool, 'b', JSON.stringify({ text: 'x'.repeat(700) }));
    await publish(pool, 'c', JSON.stringify({ text: 'é'.repeat(700) }));
    expect(typesOf(await readOutbox(pool, { ...PAGE, maxBytes: 1000 }))).toEqual(['a', 'b']);
    expect(typesOf(await readOutbox(pool, { ...PAGE, limit: 2 }))).toEqual(['a', 'b']);
    const large = (await readOutbox(pool, PAGE))[2];
    expect(large).toMatchObject({ bytes: 1412 });
    expect(large?.data).toHaveLength(250);
  });

  it('deletes only the rows that were read, also after it was truncated', async () => {
    await publish(pool, 'a');
    const read = await readOutbox(pool, PAGE);
    await publish(pool, 'b');
    await deleteFromOutbox(pool, read);
    expect(typesOf(await readOutbox(pool, PAGE))).toEqual(['b']);
    await pool.query('TRUNCATE posthorn.outbox RESTART IDENTITY');
    await publish(pool, 'c');
    await deleteFromOutbox(pool, read);
    expect(typesOf(await readOutbox(pool, PAGE))).toEqual(['c']);
  });

  it('keeps rows outside of the times, and reports them', async () => {
    await pool.query(
      `INSERT INTO posthorn.outbox (type, data, created_at) VALUES ('old', '{}', now() - interval '1 day')`,
    );
    await publish(pool, 'new');
    const times = { ...ANY_TIME, createdFrom: new Date(Date.now() - 3_600_000) };
    expect(typesOf(await readOutbox(pool, { ...PAGE, ...times }))).toEqual(['new']);
    const { rows, refused, oldestSeconds } = await readOutboxState(pool, { ...times, after: '0' });
    expect([rows, refused]).toEqual([2, 1]);
    expect(oldestSeconds).toBeGreaterThan(86_000);
  });
});

/** A transaction of an application that stays open. */
async function openTransaction(): Promise<PoolClient> {
  const client = await pool.connect();
  await client.query('BEGIN');
  return client;
}

const readAfter = async (bound: OutboxBound) =>
  typesOf(await readOutbox(pool, { ...PAGE, after: bound.value }));

/** Raises a bound until it has a value: transactions of other databases delay it. */
const advance = (bound: OutboxBound, value: string) =>
  eventually(async () => {
    await bound.advance();
    expect(bound.value).toBe(value);
  });

describe('OutboxBound', () => {
  it('does not pass a row of a transaction that commits after later rows', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    const late = await openTransaction();
    await publish(late, 'late');
    await publish(pool, 'early');
    await deleteFromOutbox(pool, await readOutbox(pool, PAGE));
    for (let n = 0; n < 3; n += 1) await bound.advance();
    expect(bound.value).toBe('0');
    await late.query('COMMIT');
    late.release();
    await publish(pool, 'last');
    for (let n = 0; n < 3; n += 1) await bound.advance();
    expect(await readAfter(bound)).toEqual(['late', 'last']);
  });

  it('does not pass rows that were not deleted', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    for (const type of ['a', 'b', 'c']) await publish(pool, type);
    const [first] = await readOutbox(pool, PAGE);
    await deleteFromOutbox(pool, first ? [first] : []);
    await advance(bound, '1');
    expect(await readAfter(bound)).toEqual(['b', 'c']);
  });

  it('passes deleted rows while a snapshot that still sees them is open', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    for (const type of ['a', 'b', 'c']) await publish(pool, type);
    const backup = await openTransaction();
    await backup.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await backup.query('SELECT count(*) FROM posthorn.outbox');
    await deleteFromOutbox(pool, await readOutbox(pool, PAGE));
    await advance(bound, '3');
    await publish(pool, 'd');
    expect(await readAfter(bound)).toEqual(['d']);
    await backup.query('ROLLBACK');
    backup.release();
  });

  it('does not pass the first row of a new outbox', async () => {
    await pool.query('DROP SCHEMA posthorn CASCADE');
    await installOutbox(pool, { publishers: [], readers: [] });
    const bound = new OutboxBound(postgresPositions(pool));
    for (let n = 0; n < 3; n += 1) await bound.advance();
    await publish(pool, 'first');
    for (let n = 0; n < 3; n += 1) await bound.advance();
    expect(await readAfter(bound)).toEqual(['first']);
  });

  it('does not pass the row of the only transaction', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    const only = await openTransaction();
    await publish(only, 'only');
    for (let n = 0; n < 5; n += 1) await bound.advance();
    await only.query('COMMIT');
    only.release();
    expect(await readAfter(bound)).toEqual(['only']);
  });

  it('uses no transaction numbers while nothing is published', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    await publish(pool, 'a');
    await deleteFromOutbox(pool, await readOutbox(pool, PAGE));
    await advance(bound, '1');
    const usedUp = jest.spyOn(pool, 'query');
    await bound.advance();
    expect(usedUp).toHaveBeenCalledTimes(1);
    usedUp.mockRestore();
  });

  it('is lowered when positions are drawn again', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    for (const type of ['a', 'b', 'c']) await publish(pool, type);
    await deleteFromOutbox(pool, await readOutbox(pool, PAGE));
    await advance(bound, '3');
    await pool.query('TRUNCATE posthorn.outbox RESTART IDENTITY');
    await publish(pool, 'd');
    await bound.advance();
    expect(await readAfter(bound)).toEqual(['d']);
  });

  it('finds rows below it when it is checked', async () => {
    const bound = new OutboxBound(postgresPositions(pool));
    for (const type of ['a', 'b', 'c']) await publish(pool, type);
    await deleteFromOutbox(pool, await readOutbox(pool, PAGE));
    await advance(bound, '3');
    await bound.check();
    expect(bound.value).toBe('3');
    await pool.query('TRUNCATE posthorn.outbox RESTART IDENTITY');
    for (const type of ['d', 'e', 'f', 'g']) await publish(pool, type);
    await bound.check();
    expect(await readAfter(bound)).toEqual(['d', 'e', 'f', 'g']);
  });
});
