import { describe, expect, it } from '@jest/globals';
import { connect } from '../src/connection/connect.js';
import { isDataError, isStatementTimeout, isTransient, retryTransient } from '../src/connection/transient.js';
import { eventually } from '@posthorn/testkit';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('expected a failure');
    },
    (error: unknown) => error,
  );

const refused = () =>
  Promise.reject(Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' }));

/** Terminates the connections of an application, as a restart of the server does. */
async function terminate(applicationName: string): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await db.pool.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'`,
      [applicationName],
    );
    expect(rowCount).toBe(1);
  });
}

describe('isStatementTimeout', () => {
  it('detects a statement that PostgreSQL cancels', async () => {
    const database = connect({ url: db.url, applicationName: 'test', statementTimeoutMs: 50 });
    const timeout = await failure(database.pool.query('SELECT pg_sleep(5)'));
    const other = await failure(db.pool.query('SELECT 1 / 0'));
    await database.stop();
    expect([isStatementTimeout(timeout), isStatementTimeout(other)]).toEqual([true, false]);
  });
});

describe('isTransient', () => {
  it('accepts a connection that the server terminated', async () => {
    const { pool, stop } = connect({ url: db.url, applicationName: 'test terminated', max: 1 });
    const terminated = failure(pool.query('SELECT pg_sleep(30)'));
    await terminate('test terminated');
    expect(isTransient(await terminated)).toBe(true);
    await stop();
  });

  it.each(['127.0.0.1', 'localhost'])('accepts an unreachable server: %s', async (host) => {
    const { pool, stop } = connect({ url: `postgresql://${host}:1/name`, applicationName: 'test' });
    expect(isTransient(await failure(pool.query('SELECT 1')))).toBe(true);
    await stop();
  });

  it('accepts a read-only server, to which no pool stays connected', async () => {
    const { pool, stop } = connect({ url: db.url, applicationName: 'test read-only' });
    const name = new URL(db.url).pathname.slice(1);
    await pool.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const replica = connect({ url: db.url, applicationName: 'test read-only' });
    const error = await failure(replica.pool.query('SELECT 1'));
    expect(error).toMatchObject({ message: 'The server is read-only; it may be a replica' });
    expect(isTransient(error)).toBe(true);

    await pool.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await replica.pool.query('SELECT 1');
    await Promise.all([stop(), replica.stop()]);
  });

  it('accepts a deadlock, a cancelled statement, a full disk and a server that is starting', async () => {
    for (const code of ['40P01', '57014', '57P03', '08006', '53100', '53200', '53300']) {
      expect(isTransient(Object.assign(new Error('from the server'), { code }))).toBe(true);
    }
  });

  it('accepts a transient cause', () => {
    const inner = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    expect(isTransient(new Error('outer', { cause: inner }))).toBe(true);
    expect(isTransient(new AggregateError([inner]))).toBe(true);
  });

  it('rejects an invalid statement and non-errors', async () => {
    const error = await failure(db.pool.query('SELECT nothing FROM nowhere'));
    expect([isTransient(error), isDataError(error)]).toEqual([false, false]);
    expect(isTransient('text')).toBe(false);
    expect(isTransient(undefined)).toBe(false);
  });
});

describe('isDataError', () => {
  it.each([
    ["SELECT 'x'::uuid"],
    ['SELECT 32768::smallint'],
    ["INSERT INTO tenant (id, name) VALUES (gen_random_uuid(), 'default')"],
    ['INSERT INTO tenant (id) VALUES (gen_random_uuid())'],
  ])('accepts the error of %s', async (sql) => {
    const error = await failure(db.pool.query(sql));
    expect([isTransient(error), isDataError(error)]).toEqual([false, true]);
  });

  it('accepts a NUL in a text', async () => {
    expect(isDataError(await failure(db.pool.query('SELECT $1::text', ['a\0'])))).toBe(true);
  });
});

describe('retryTransient', () => {
  it('retries after the server terminated the connection', async () => {
    const { pool, stop } = connect({ url: db.url, applicationName: 'test retry', max: 1 });
    const retries: unknown[] = [];
    let seconds = 30;
    const result = retryTransient(() => pool.query('SELECT pg_sleep($1)', [seconds]), {
      onRetry: (error) => {
        retries.push(error);
        seconds = 0;
      },
    });
    await terminate('test retry');
    expect((await result).rowCount).toBe(1);
    expect(retries).toHaveLength(1);
    await stop();
  });

  it('throws other errors immediately', async () => {
    let attempts = 0;
    const work = () => {
      attempts += 1;
      return db.pool.query('SELECT nothing');
    };
    await expect(retryTransient(work)).rejects.toThrow('nothing');
    expect(attempts).toBe(1);
  });

  it('stops after a number of retries', async () => {
    let attempts = 0;
    const work = () => {
      attempts += 1;
      return refused();
    };
    await expect(retryTransient(work, { maxRetries: 2 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(attempts).toBe(3);
  });

  it('stops when its signal aborts', async () => {
    const stop = new AbortController();
    const retrying = retryTransient(refused, { signal: stop.signal, onRetry: () => stop.abort() });
    await expect(retrying).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the pool', () => {
  it('replaces an idle connection that the server terminated', async () => {
    const { pool, stop } = connect({ url: db.url, applicationName: 'test idle', max: 1 });
    await pool.query('SELECT 1');
    await db.pool.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'test idle'",
    );
    await eventually(async () => {
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
    await stop();
  });
});
