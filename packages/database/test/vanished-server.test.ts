import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CuttableProxy, startCuttableProxy } from '@posthorn/testkit';
import {
  connect,
  type Database,
  inTransaction,
  isStatementTimeout,
  isTransient,
  retryTransient,
} from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
let proxy: CuttableProxy;
const opened: Database[] = [];

beforeAll(async () => {
  proxy = await startCuttableProxy(db.url);
});
afterAll(async () => {
  await Promise.all(opened.map((database) => database.stop()));
  await proxy.close();
});

/** A connection may close right after it was acquired. */
const isClosed = (error: unknown) => isTransient(error) && !isStatementTimeout(error);

const SHORT_MS = 500;

function open(max: number): Database {
  const timeouts = { statementTimeoutMs: SHORT_MS, slowStatementTimeoutMs: 60_000 };
  const database = connect({ url: proxy.url, applicationName: 'vanished server test', max, ...timeouts });
  opened.push(database);
  return database;
}

/** Opens all connections of a pool, which are idle then. */
async function fill({ pool }: Database): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
  for (const client of clients) client.release();
}

it.each<[string, (database: Database) => Promise<unknown>]>([
  ['a statement', ({ pool }) => pool.query('SELECT 1')],
  ['a transaction', ({ pool }) => inTransaction(pool, (transaction) => transaction.query('SELECT 1'))],
])('%s fails in time after the server vanished, and all pools connect again', async (_name, run) => {
  const [database, other] = [open(3), open(3)];
  await Promise.all([fill(database), fill(other)]);
  proxy.vanish();
  expect(await run(database).catch(isStatementTimeout)).toBe(true);
  // Each idle connection that was not closed would delay and fail one of them.
  for (const { pool } of [database, other])
    for (let count = 0; count < 3; count += 1)
      await retryTransient(() => pool.query('SELECT 1'), { shouldRetry: isClosed });
});

it('a statement that takes longer than its timeout completes when it is repeated, and has the short one again when it is fast', async () => {
  const { pool } = open(1);
  const text = 'SELECT pg_sleep($1)';
  const timeouts: unknown[] = [];
  await retryTransient(() => pool.query(text, [2]), { onRetry: (error) => timeouts.push(error) });
  expect(timeouts.map(isStatementTimeout)).toEqual([true]);
  // Fast enough on any machine that is not overloaded; a slow one only repeats it.
  await retryTransient(() => pool.query(text, [0]));
  expect(await pool.query(text, [60]).catch(isStatementTimeout)).toBe(true);
});
