import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CuttableProxy, eventually, startCuttableProxy } from '@posthorn/testkit';
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
  const timeouts = {
    statementTimeoutMs: SHORT_MS,
    slowStatementTimeoutMs: 60_000,
  };
  const database = connect({
    url: proxy.url,
    applicationName: 'vanished server test',
    max,
    ...timeouts,
  });
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
      await retryTransient(() => pool.query('SELECT 1'), {
        shouldRetry: isClosed,
      });
});

const inDatabase = (change: string) =>
  `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${change}', current_database()); END $$`;

describe('a statement with a long timeout, because it was slow before,', () => {
  const SLEEP = 'SELECT pg_sleep($1)';

  /** Runs a statement that exceeds its short timeout. */
  const becomeSlow = ({ pool }: Database) =>
    expect(pool.query(SLEEP, [60]).catch(isStatementTimeout)).resolves.toBe(true);

  /** Waits until the server executes the repeated statement. */
  const isRunning = () =>
    eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = $1`,
        [SLEEP],
      );
      expect(rowCount).toBe(1);
    });

  afterEach(async () => {
    proxy.heal();
    await db.pool.query(`
      ${inDatabase('RESET search_path')};
      DROP FUNCTION IF EXISTS public.pg_postmaster_start_time()`);
  });

  it.each<[string, () => unknown]>([
    ['does not answer', () => proxy.cut()],
    [
      'is another one',
      async () => {
        proxy.vanish();
        // New connections find this function, as if another server had been started at another time.
        await db.pool.query(`
          CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '2000-01-01'$$;
          ${inDatabase('SET search_path = public, pg_catalog')}`);
      },
    ],
  ])('is given up when the server %s', async (_name, fail) => {
    const database = open(2);
    await becomeSlow(database);
    const outcome = database.pool.query(SLEEP, [300]).catch((error: unknown) => error);
    await isRunning();
    await fail();
    // Its own timeout ends it after a minute, with an error of another kind.
    expect(isClosed(await outcome)).toBe(true);
    proxy.heal();
    await retryTransient(() => database.pool.query('SELECT 1'), {
      shouldRetry: isClosed,
    });
  });

  it('continues while the same server answers others', async () => {
    const database = open(1);
    const blocker = await db.pool.connect();
    await blocker.query('SELECT pg_advisory_lock(1)');
    const text = 'SELECT pg_advisory_xact_lock(1)';
    expect(await database.pool.query(text).catch(isStatementTimeout)).toBe(true);
    const outcome = database.pool.query(text).then(({ rowCount }) => rowCount);
    // The proxy forwards nothing but the answers to probes while the statement waits.
    for (let probes = 0; probes < 2; probes += 1) {
      const before = proxy.bytesFromTarget;
      await eventually(() => expect(proxy.bytesFromTarget).toBeGreaterThan(before));
    }
    await blocker.query('SELECT pg_advisory_unlock(1)');
    blocker.release();
    expect(await outcome).toBe(1);
  });
});

it('a statement that takes longer than its timeout completes when it is repeated, and has the short one again when it is fast', async () => {
  const { pool } = open(1);
  const text = 'SELECT pg_sleep($1)';
  const timeouts: unknown[] = [];
  await retryTransient(() => pool.query(text, [2]), {
    onRetry: (error) => timeouts.push(error),
  });
  expect(timeouts.map(isStatementTimeout)).toEqual([true]);
  // Fast enough on any machine that is not overloaded; a slow one only repeats it.
  await retryTransient(() => pool.query(text, [0]));
  expect(await pool.query(text, [60]).catch(isStatementTimeout)).toBe(true);
});
