import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CuttableProxy, eventually, startCuttableProxy } from '@posthorn/testkit';
import { Client } from 'pg';
import { connect, type Database } from '../src/connection/connect.js';
import { inTransaction } from '../src/connection/transaction.js';
import { isStatementTimeout, isTransient, retryTransient } from '../src/connection/transient.js';
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

/** Lets new connections find a function as if another server had been started at another time. */
const becomeAnotherServer = () =>
  db.pool.query(`
    CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS $$SELECT timestamptz '2000-01-01'$$;
    ${inDatabase('SET search_path = public, pg_catalog')}`);

const becomeSameServer = () =>
  db.pool.query(`
    ${inDatabase('RESET search_path')};
    DROP FUNCTION IF EXISTS public.pg_postmaster_start_time()`);

/** Runs `test` while another session has a lock, which the outcomes that it returns wait for. They must not fail. */
async function whileLocked(test: () => Promise<Promise<unknown>[]>): Promise<void> {
  // Not of a pool, whose server would be probed, too.
  const blocker = new Client(db.url);
  await blocker.connect();
  await blocker.query('SELECT pg_advisory_lock(1)');
  try {
    const outcomes = await test();
    await blocker.query('SELECT pg_advisory_unlock(1)');
    expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => 1));
  } finally {
    await blocker.end();
  }
}

describe('a statement with a long timeout, because it was slow before,', () => {
  const SLEEP = 'SELECT pg_sleep($1)';

  /** Runs a statement that exceeds its short timeout. */
  const becomeSlow = ({ pool }: Database) =>
    expect(pool.query(SLEEP, [60]).catch(isStatementTimeout)).resolves.toBe(true);

  /** Waits until the server executes the repeated statement. */
  const isRunning = (statement = SLEEP, times = 1) =>
    eventually(async () => {
      const { rowCount } = await db.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = $1`,
        [statement],
      );
      expect(rowCount).toBe(times);
    });

  afterEach(async () => {
    proxy.heal();
    await becomeSameServer();
    // The server still executes the statements that were given up.
    await db.pool.query(
      `SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = current_database() AND query = $1 AND pid <> pg_backend_pid()`,
      [SLEEP],
    );
  });

  it.each<[string, () => unknown]>([
    ['does not answer', () => proxy.cut()],
    [
      'is another one',
      async () => {
        proxy.vanish();
        await becomeAnotherServer();
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

  /** Waits for the lock longer than transactions do. */
  const LOCK = "SELECT set_config('lock_timeout', '0', true), pg_advisory_xact_lock(1)";

  /** Waits for the lock with the long timeout. */
  async function lockSlowly({ pool }: Database): Promise<{ outcome: Promise<unknown> }> {
    expect(await pool.query(LOCK).catch(isStatementTimeout)).toBe(true);
    const outcome = pool.query(LOCK).then(
      ({ rowCount }) => rowCount,
      (error: unknown) => error,
    );
    return { outcome };
  }

  it('continues while the same server answers others', () =>
    whileLocked(async () => {
      const { outcome } = await lockSlowly(open(1));
      await isRunning(LOCK);
      const before = proxy.accepted;
      // The second probe starts after the first one has been answered.
      await eventually(() => expect(proxy.accepted).toBeGreaterThan(before + 1));
      return [outcome];
    }));

  it('continues while the server answers others, and only new connections get no response', () =>
    whileLocked(async () => {
      const other = connect({ url: proxy.url, applicationName: 'vanished server test', max: 1 });
      opened.push(other);
      await fill(other);
      const { outcome } = await lockSlowly(open(1));
      await isRunning(LOCK);
      proxy.fill();
      const before = proxy.accepted;
      // The second probe starts after the first one has got no response.
      await eventually(async () => {
        await other.pool.query('SELECT 1');
        expect(proxy.accepted).toBeGreaterThan(before + 1);
      });
      return [outcome];
    }));

  it('continues on a connection that was opened while another server answered the probe', () =>
    whileLocked(async () => {
      const [before, after] = [open(1), open(1)];
      const first = await lockSlowly(before);
      await becomeAnotherServer();
      const probe = await proxy.stallAfter("SELECT current_setting('transaction_read_only')");
      await becomeSameServer();
      const second = await lockSlowly(after);
      await isRunning(LOCK, 2);
      probe.resume();
      // It was opened before.
      expect(isClosed(await first.outcome)).toBe(true);
      return [second.outcome];
    }));
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
