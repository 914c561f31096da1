import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId } from '@posthorn/core';
import { rejectEvents } from '@posthorn/database/events';
import { openOutbox, type OutboxSource, type OutboxState } from '@posthorn/database/outbox';
import { withLease } from '@posthorn/database/server';
import { type Acceptor, createAcceptor } from '@posthorn/fanout';
import { createLogger } from '@posthorn/runtime';
import { eventually, startCuttableProxy } from '@posthorn/testkit';
import { acceptInOrder } from '../src/outboxes/accept-in-order.js';
import { createIngestPush, type IngestPushDeps } from '../src/pushes/ingest-push.js';
import { OutboxReader, type OutboxReaderDeps, PAGE_ROWS } from '../src/outboxes/outbox-reader.js';
import { type Application, ENGINES } from './fixtures/applications.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

let acceptor: Acceptor;
/** The database of an application. */
let application: Application;
let source: OutboxSource;
afterEach(async () => {
  await acceptor.stop();
  await source.stop();
  await application.drop();
});
const database = useDatabase();
const redis = useQueue();
beforeEach(async () => {
  acceptor = createAcceptor({ pool: database.pool, deliveries: redis.queue, onEnqueueError: () => {} });
});

const silent = createLogger({ service: 'test', level: 'error' });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-outbox-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Creates a logger, and a function that waits for its warnings. */
function startLogger() {
  const file = path.join(folder, 'log');
  const expectWarnings = (expected: object[]) =>
    eventually(async () => {
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(expected);
    });
  return { logger: createLogger({ service: 'test', level: 'warn', file }), expectWarnings };
}

let states: (OutboxState | null)[] = [];
beforeEach(() => {
  states = [];
});

interface ReaderOptions extends Partial<Pick<OutboxReaderDeps, 'outbox' | 'source' | 'logger'>> {
  accept?: IngestPushDeps['accept'];
}

function createReader({
  accept = acceptInOrder(acceptor, PAGE_ROWS),
  outbox = { name: 'orders', tenant: null },
  source: from = source,
  logger = silent,
}: ReaderOptions = {}): OutboxReader {
  const ingest = createIngestPush({
    accept,
    delayOf: () => Promise.resolve(0),
    reject: (rejection) => rejectEvents(database.pool, [rejection]),
    count: () => {},
  });
  return new OutboxReader({
    outbox,
    source: from,
    pool: database.pool,
    ingest: async (push) => void (await ingest(push, null)),
    retentionDays: 60,
    report: (state) => states.push(state),
    logger,
  });
}

const refuse = () => Promise.reject(new Error('cannot be stored'));

const insert = (columns: Record<string, unknown>) => application.insert([columns]);

async function storedTypes(): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string }>('SELECT type FROM event ORDER BY type');
  return rows.map(({ type }) => type);
}

async function rejections(): Promise<{ code: string }[]> {
  const { rows } = await database.pool.query(
    'SELECT code, message, source, tenant_id FROM rejected_event ORDER BY id',
  );
  return rows;
}

const allRows = () =>
  source.read({
    except: [],
    createdFrom: new Date(0),
    createdTo: new Date(Date.now() + 1e10),
    limit: 100_000,
    maxRowBytes: 1e6,
    maxBytes: 1e9,
  });

describe.each(ENGINES)('OutboxReader of $name', (engine) => {
  beforeAll(() => engine.start());
  afterAll(() => engine.stop());
  beforeEach(async () => {
    application = await engine.createApplication();
    source = await openOutbox({ url: application.url, applicationName: 'test' });
  });

  it('publishes the rows of committed transactions, and deletes them', async () => {
    const transaction = await application.begin();
    await transaction.publish('rolled.back');
    await transaction.end('ROLLBACK');
    const other = await application.begin();
    await other.publish('committed.a', { n: 1 });
    await other.publish('committed.b');
    const reader = createReader();
    expect(await reader.run()).toBe(false);
    await other.end('COMMIT');
    expect(await reader.run()).toBe(true);
    expect(await storedTypes()).toEqual(['committed.a', 'committed.b']);
    expect(await allRows()).toEqual([]);
    expect(await reader.run()).toBe(false);
  });

  it('publishes many pages, each row once', async () => {
    await application.insert(Array.from({ length: 1700 }, (_, n) => ({ type: `many.${n}`, data: '{}' })));
    const reader = createReader();
    while (await reader.run());
    expect(new Set(await storedTypes()).size).toBe(1700);
    expect(await storedTypes()).toHaveLength(1700);
    expect(await allRows()).toEqual([]);
  });

  it('creates one event although the producer stopped before the row was deleted', async () => {
    await insert({ type: 'once', data: '{}' });
    const rows = await allRows();
    await createReader().run();
    // As if the row had not been deleted.
    for (const { id, type, data, createdAtMs } of rows)
      await insert({ id, type, data, created_at: new Date(createdAtMs) });
    await createReader().run();
    expect(await storedTypes()).toEqual(['once']);
    expect(await rejections()).toEqual([]);
    expect(await allRows()).toEqual([]);
  });

  it('creates one event of a row from days ago, on its own day, whenever it is read', async () => {
    await database.pool.query('SELECT posthorn_create_partitions(current_date - 25, current_date)');
    const row = { id: newRowId(), type: 'late', data: '{}', created_at: daysAgo(20) };
    await insert(row);
    await createReader().run();
    // The idempotency keys of that time have expired.
    await database.pool.query('TRUNCATE event_idempotency');
    await insert(row);
    await createReader().run();
    expect(await storedTypes()).toEqual(['late']);
    const { rows } = await database.pool.query<{ published_at: Date }>('SELECT published_at FROM event');
    expect(rows[0]?.published_at).toEqual(row.created_at);
  });

  it('rejects another row with the id of an earlier one', async () => {
    const row = { id: newRowId(), type: 'same', data: '{"n":1}', created_at: new Date() };
    await insert(row);
    await createReader().run();
    await insert({ ...row, data: '{"n":2}' });
    await createReader().run();
    expect(await rejections()).toMatchObject([{ code: 'idempotency_key_reused', source: 'outbox' }]);
    expect(await allRows()).toEqual([]);
  });

  it('turns bad rows into rejected events, which do not stop the others', async () => {
    const text = 'x'.repeat(1_100_000);
    const invalid = [
      { type: 'bad type!', data: '{}' },
      { type: 'no.object', data: '[]' },
      { type: 'bad.metadata', data: '{}', metadata: '{"n":1}' },
      { type: 'x'.repeat(1000), data: '{}' },
      ...engine.rowsWithoutChecks,
    ];
    const large = [
      { type: 'large', data: JSON.stringify({ text }) },
      { type: 'large.metadata', data: '{}', metadata: JSON.stringify({ k: text }) },
    ];
    const foreign = { type: 'foreign', data: '{}', tenant: encodeId('tenant', newId()) };
    for (const row of [...invalid, ...large, foreign, { type: 'good', data: '{}' }]) await insert(row);
    await createReader().run();
    expect(await storedTypes()).toEqual(['good']);
    expect((await rejections()).map(({ code }) => code).toSorted()).toEqual([
      ...invalid.map(() => 'invalid_input'),
      ...large.map(() => 'payload_too_large'),
      'unknown_tenant',
    ]);
    expect(await allRows()).toEqual([]);
  });

  it('publishes only for the tenant that it is bound to', async () => {
    const tenant = encodeId('tenant', newId());
    await insert({ type: 'other', data: '{}', tenant });
    await insert({ type: 'own', data: '{}' });
    await createReader({ outbox: { name: 'orders', tenant: 'default' } }).run();
    expect(await storedTypes()).toEqual(['own']);
    expect(await rejections()).toMatchObject([
      {
        code: 'unknown_tenant',
        message: 'The outbox is bound to another tenant',
        // The other tenant must not see it.
        tenant_id: DEFAULT_TENANT_ID,
      },
    ]);
    const { rows } = await database.pool.query('SELECT tenant_id FROM event');
    expect(rows).toEqual([{ tenant_id: DEFAULT_TENANT_ID }]);
  });

  it('keeps and reports rows that are older than the retention, without a day, or in the future', async () => {
    await database.pool.query('SELECT posthorn_create_partitions(current_date - 70, current_date - 60)');
    await insert({ type: 'old', data: '{}', created_at: daysAgo(65) });
    await database.pool.query('DROP TABLE event_' + dayOf(daysAgo(70)));
    await insert({ type: 'dropped', data: '{}', created_at: daysAgo(70) });
    await insert({ type: 'future', data: '{}', created_at: daysAgo(-3) });
    await insert({ type: 'good', data: '{}' });
    await createReader().run();
    expect(await storedTypes()).toEqual(['good']);
    expect(await allRows()).toMatchObject([{ type: 'old' }, { type: 'dropped' }, { type: 'future' }]);
    await createReader().run();
    expect(states.at(-1)).toMatchObject({ rows: 3, refused: 3 });
  });

  it('sets a row aside that cannot be stored, and publishes the others', async () => {
    await insert({ type: 'unlucky', data: '{}' });
    await insert({ type: 'good', data: '{}' });
    await createReader({
      accept: (event) =>
        event.type === 'unlucky' ? Promise.reject(new Error('cannot be stored')) : acceptor.accept(event),
    }).run();
    expect(await storedTypes()).toEqual(['good']);
    expect(await allRows()).toMatchObject([{ type: 'unlucky' }]);
  });

  it('names each row that it sets aside, of each outbox', async () => {
    await application.insert(Array.from({ length: 3 }, () => ({ type: 'unlucky', data: '{}' })));
    const rows = (await allRows()).map(({ id }) => id);
    const { logger, expectWarnings } = startLogger();
    for (const name of ['orders', 'invoices'])
      await createReader({ accept: refuse, logger, outbox: { name, tenant: null } }).run();
    await expectWarnings(
      ['orders', 'invoices'].map((outbox) => ({
        outbox,
        failures: rows.map((row) => ({ row, reason: 'cannot be stored' })),
      })),
    );
  });

  it('names each outbox that cannot be read', async () => {
    const { logger, expectWarnings } = startLogger();
    const unreadable = { ping: () => Promise.reject(new Error('unreachable')) } as unknown as OutboxSource;
    const readers = ['orders', 'invoices'].map((name) =>
      createReader({ source: unreadable, logger, outbox: { name, tenant: null } }),
    );
    for (const reader of [...readers, ...readers]) await reader.run();
    await expectWarnings([{ outbox: 'orders' }, { outbox: 'invoices' }]);
  });

  it('publishes the rows of all pages in their order to webhooks with an order', async () => {
    const webhookId = newId();
    await database.pool.query(
      `WITH w AS (
         INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, ordering)
         VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, 'active', now() - interval '1 hour', 'strict')
       )
       INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) VALUES ($2, '*', $1)`,
      [webhookId, DEFAULT_TENANT_ID],
    );
    // In each page are new types, of which it is not known that a webhook numbers their events.
    await application.insert(
      Array.from({ length: 1700 }, (_, n) => ({ type: typeOf(n + 1), data: JSON.stringify({ n: n + 1 }) })),
    );
    const reader = createReader();
    while (await reader.run());
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT (e.body::json -> 'data' ->> 'n')::integer AS n
       FROM pending_delivery d JOIN event e ON e.id = d.event_id WHERE d.webhook_id = $1 ORDER BY d.sequence`,
      [webhookId],
    );
    expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 1700 }, (_, index) => index + 1));
  });

  it('publishes no row of a page after an earlier page could not be stored', async () => {
    await application.insert(Array.from({ length: 700 }, (_, n) => ({ type: `many.${n}`, data: '{}' })));
    const gone = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    const calls: number[] = [];
    const acceptEach = (events: readonly unknown[]) => {
      calls.push(events.length);
      return Promise.resolve(events.map(() => ({ status: 'rejected' as const, reason: gone })));
    };
    await createReader({ accept: acceptInOrder({ acceptEach }, PAGE_ROWS) }).run();
    expect(calls).toEqual([PAGE_ROWS]);
  });

  it('passes ordering keys on, and rejects bad ones', async () => {
    await insert({ type: 'keyed', data: '{}', ordering_key: 'o1' });
    await insert({ type: 'bad', data: '{}', ordering_key: 'x'.repeat(257) });
    await createReader().run();
    const { rows } = await database.pool.query('SELECT type, context FROM event');
    expect(rows).toEqual([{ type: 'keyed', context: { orderingKey: 'o1' } }]);
    expect(await rejections()).toMatchObject([{ message: 'orderingKey: must have at most 256 characters' }]);
  });

  it('keeps the rows while PostgreSQL of Posthorn is unavailable', async () => {
    await insert({ type: 'waiting', data: '{}' });
    const gone = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    await createReader({ accept: () => Promise.reject(gone) }).run();
    // The outbox itself can be read.
    expect(states.at(-1)).toMatchObject({ rows: 1 });
    expect(await allRows()).toHaveLength(1);
    await createReader().run();
    expect(await storedTypes()).toEqual(['waiting']);
  });

  it('reads again after the database of the application was unavailable', async () => {
    const proxy = await startCuttableProxy(application.url);
    const proxied = await openOutbox({
      url: proxy.url,
      applicationName: 'proxied',
      connectTimeoutMs: 500,
      statementTimeoutMs: 500,
    });
    try {
      const reader = createReader({ source: proxied });
      await reader.run();
      proxy.cut();
      await insert({ type: 'later', data: '{}' });
      expect(await reader.run()).toBe(false);
      expect(states.at(-1)).toBeNull();
      proxy.heal();
      await eventually(async () => expect(await reader.run()).toBe(true));
      expect(await storedTypes()).toEqual(['later']);
    } finally {
      await proxied.stop();
      await proxy.close();
    }
  });

  it('is run by one producer at a time', async () => {
    await insert({ type: 'leased', data: '{}' });
    const reader = createReader();
    await withLease(database.pool, 'outbox orders', async () => {
      expect(await reader.run()).toBe(false);
      expect(reader.isStandby).toBe(true);
    });
    expect(await storedTypes()).toEqual([]);
    expect(await reader.run()).toBe(true);
    expect(reader.isStandby).toBe(false);
  });

  it('creates one event for each row although two producers read the outbox at once', async () => {
    await application.insert(Array.from({ length: 300 }, (_, n) => ({ type: `twice.${n}`, data: '{}' })));
    const rows = await allRows();
    // The second one holds the lease of another name, like a process that was frozen beyond its lease.
    const other = createReader({ outbox: { name: 'other', tenant: null } });
    await Promise.all([createReader().run(), other.run()]);
    expect(await storedTypes()).toHaveLength(300);
    await source.delete(rows);
    expect(await rejections()).toEqual([]);
  });
});

/** Every second row has another type than the hundred before it. */
const typeOf = (n: number): string => (n % 2 === 0 ? 'known' : `new.${Math.floor(n / 100)}`);

const newRowId = (): string => crypto.randomUUID();

const daysAgo = (days: number): Date => new Date(Date.now() - days * 24 * 3_600_000);

/** As in the names of partitions: `20261129`. */
const dayOf = (date: Date): string => date.toISOString().slice(0, 10).replaceAll('-', '');
