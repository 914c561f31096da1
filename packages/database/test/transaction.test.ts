import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { type CuttableProxy, startCuttableProxy } from '@posthorn/testkit';
import { connect, type Database } from '../src/connection/connect.js';
import { inTransaction } from '../src/connection/transaction.js';
import { isTransient } from '../src/connection/transient.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { openPrisma } from '../src/prisma-client/client.js';
import { isUnavailable } from '../src/prisma-client/prisma-errors.js';
import type { Pool } from 'pg';
import { queryWithTimeout } from '../src/connection/query-with-timeout.js';
import { newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
let proxy: CuttableProxy;
let tenantId: string;

beforeAll(async () => {
  proxy = await startCuttableProxy(db.url);
});
afterAll(() => proxy.close());
beforeEach(async () => {
  tenantId = newId();
  await db.pool.query('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
});

const LOCK = `UPDATE tenant SET name = name WHERE id = $1`;

/** How a transaction that locks the row of the tenant is run. */
const TRANSACTIONS: [string, (database: Database) => Promise<unknown>][] = [
  ['inTransaction', ({ pool }) => inTransaction(pool, (transaction) => transaction.query(LOCK, [tenantId]))],
  ['queryWithTimeout', ({ pool }) => queryWithTimeout(pool, { text: LOCK, values: [tenantId] }, 30_000)],
  [
    'a transaction of Prisma',
    ({ pool }) =>
      openPrisma(pool).$transaction(async (transaction) => {
        await transaction.$executeRaw`UPDATE tenant SET name = name WHERE id = ${tenantId}::uuid`;
        await transaction.tenant.findMany();
      }),
  ],
];

it('an event whose process froze while it stored its deliveries does not block a repetition of its key', async () => {
  const database = connect({ url: proxy.url, applicationName: 'transaction test', max: 2 });
  const event = newEvent({ tenantId, idempotencyKey: 'once' });
  const store = (pool: Pool) =>
    acceptEvents(pool, [event], { eventIds: [], webhookIds: [], timeoutMs: 30_000 });
  const stalled = proxy.stallAfter('INSERT INTO event ');
  const outcome = store(database.pool).then(
    () => null,
    (error: unknown) => error,
  );
  const connection = await stalled;
  expect(await store(db.pool)).toMatchObject([{ eventId: event.id }]);
  connection.resume();
  expect(isTransient(await outcome)).toBe(true);
  await database.stop();
});

describe.each([
  ['directly', ''],
  ['as through a pooler', '?pgbouncer=true'],
])('connected %s', (_name, parameters) => {
  let database: Database;
  beforeAll(() => {
    database = connect({ url: proxy.url + parameters, applicationName: 'transaction test', max: 2 });
  });
  afterAll(() => database.stop());

  it.each(TRANSACTIONS)('%s loses its locks soon after its process froze or vanished', async (_kind, run) => {
    const stalled = proxy.stallAfter('UPDATE tenant');
    const outcome = run(database).then(
      () => null,
      (error: unknown) => error,
    );
    const connection = await stalled;
    // Waits for the lock. Without limits, it waits until the statement timeout.
    const { rowCount } = await db.pool.query(LOCK, [tenantId]);
    expect(rowCount).toBe(1);
    connection.resume();
    const error = await outcome;
    expect(isTransient(error) || isUnavailable(error)).toBe(true);
  });
});
