import { describe, expect, it } from '@jest/globals';
import { connect, isDataError, isTransient, retryTransient } from '../src/index.js';
import { eventually } from '@posthorn/testkit';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );

const refused = () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));

/** Ends the connections of an application as a restart of the server would. */
async function cutOff(applicationName: string): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await db.pool.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1 AND state = 'active'`,
      [applicationName],
    );
    expect(rowCount).toBe(1);
  });
}

describe('a fault that passes', () => {
  it('is a connection that the server ended', async () => {
    const { pool, stop } = connect({ url: db.url, applicationName: 'test cut', max: 1 });
    const cut = failure(pool.query('SELECT pg_sleep(30)'));
    await cutOff('test cut');
    expect(isTransient(await cut)).toBe(true);
    await stop();
  });

  it.each(['127.0.0.1', 'localhost'])('is a server that is not there: %s', async (host) => {
    const { pool, stop } = connect({ url: `postgresql://${host}:1/name`, applicationName: 'test' });
    expect(isTransient(await failure(pool.query('SELECT 1')))).toBe(true);
    await stop();
  });

  it('is a deadlock, a cancelled statement, a full disk and a server that starts', async () => {
    for (const code of ['40P01', '57014', '57P03', '08006', '53100', '53200', '53300']) {
      expect(isTransient(Object.assign(new Error('from the server'), { code }))).toBe(true);
    }
  });

  it('may lie beneath another', () => {
    const inner = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    expect(isTransient(new Error('outer', { cause: inner }))).toBe(true);
    expect(isTransient(new AggregateError([inner]))).toBe(true);
  });

  it('is not what the statement itself is wrong with', async () => {
    const wrong = await failure(db.pool.query('SELECT nothing FROM nowhere'));
    expect([isTransient(wrong), isDataError(wrong)]).toEqual([false, false]);
    expect(isTransient('text')).toBe(false);
    expect(isTransient(undefined)).toBe(false);
  });
});

describe('a fault of the data', () => {
  it.each([
    ["SELECT 'x'::uuid"],
    ['SELECT 32768::smallint'],
    ["INSERT INTO tenant (id, name) VALUES (gen_random_uuid(), 'default')"],
    ['INSERT INTO tenant (id) VALUES (gen_random_uuid())'],
  ])('is that of %s', async (sql) => {
    const wrong = await failure(db.pool.query(sql));
    expect([isTransient(wrong), isDataError(wrong)]).toEqual([false, true]);
  });

  it('is a NUL in a text', async () => {
    expect(isDataError(await failure(db.pool.query('SELECT $1::text', ['a\0'])))).toBe(true);
  });
});

describe('waiting for PostgreSQL', () => {
  it('runs the work again after the server ended its connection', async () => {
    const { pool, stop } = connect({ url: db.url, applicationName: 'test wait', max: 1 });
    const waits: unknown[] = [];
    let seconds = 30;
    const answered = retryTransient(() => pool.query('SELECT pg_sleep($1)', [seconds]), {
      onRetry: (error) => {
        waits.push(error);
        seconds = 0;
      },
    });
    await cutOff('test wait');
    expect((await answered).rowCount).toBe(1);
    expect(waits).toHaveLength(1);
    await stop();
  });

  it('throws at once what waiting does not help', async () => {
    let tries = 0;
    const work = () => {
      tries += 1;
      return db.pool.query('SELECT nothing');
    };
    await expect(retryTransient(work)).rejects.toThrow('nothing');
    expect(tries).toBe(1);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const waiting = retryTransient(refused, { signal: stop.signal, onRetry: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the pool', () => {
  it('survives the end of an idle connection', async () => {
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
