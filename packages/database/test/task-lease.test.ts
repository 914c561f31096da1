import { once, EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, startCuttableProxy } from '@posthorn/testkit';
import { connect } from '../src/connection/connect.js';
import { LEASE_MS, withLease } from '../src/server/task-lease.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
afterEach(() => db.pool.query('DELETE FROM task_lease'));

/** Returns work that runs until the test ends it. */
function controlledWork() {
  const gate = new EventEmitter();
  const started = once(gate, 'started');
  let signal: AbortSignal | null = null;
  const work = async (given: AbortSignal) => {
    signal = given;
    gate.emit('started');
    await once(gate, 'end');
  };
  return { work, started, end: () => gate.emit('end'), isLost: () => signal?.aborted };
}

const mustNotRun = () => Promise.reject(new Error('it ran'));
const run = (work: (signal: AbortSignal) => Promise<void> = () => Promise.resolve()) =>
  withLease(db.pool, 'stats', work);

const expireIn = (interval: string) =>
  db.pool.query(`UPDATE task_lease SET expires_at = now() + $1::interval`, [interval]);

describe('withLease', () => {
  it('runs the work of one holder at a time; other callers skip theirs', async () => {
    const held = controlledWork();
    const first = run(held.work);
    await held.started;
    expect(await run(mustNotRun)).toBe(false);
    held.end();
    expect(await first).toBe(true);
    expect(await run()).toBe(true);
  });

  it('does not block other tasks', async () => {
    const held = controlledWork();
    const first = run(held.work);
    await held.started;
    expect(await withLease(db.pool, 'maintenance', () => Promise.resolve())).toBe(true);
    held.end();
    await first;
  });

  it('releases the lease after a failure', async () => {
    await expect(run(() => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    expect(await run()).toBe(true);
  });

  it('keeps no transaction open, and renews the lease while the work runs', async () => {
    const held = controlledWork();
    const first = run(held.work);
    await held.started;
    const expiresAt = async () =>
      (await db.pool.query('SELECT expires_at FROM task_lease')).rows[0].expires_at;
    const before = await expiresAt();
    await eventually(async () => expect((await expiresAt()) > before).toBe(true));
    const { rowCount } = await db.pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    expect([rowCount, held.isLost()]).toEqual([0, false]);
    held.end();
    await first;
  });

  it('is taken over from a holder that is cut off, and stops that one when it continues', async () => {
    const proxy = await startCuttableProxy(db.url);
    const other = connect({ url: proxy.url, applicationName: 'test lease holder', max: 2 });
    const held = controlledWork();
    const first = withLease(other.pool, 'stats', held.work);
    await held.started;
    proxy.cut();
    expect(await run(mustNotRun)).toBe(false);
    const second = controlledWork();
    let takenOver: Promise<boolean> = Promise.resolve(false);
    await eventually(async () => {
      takenOver = run(second.work);
      await Promise.race([second.started, takenOver.then(() => Promise.reject(new Error('still held')))]);
    });
    await eventually(() => expect(held.isLost()).toBe(true));
    proxy.heal();
    held.end();
    expect(await first).toBe(true);
    // The release of the former holder does not concern the lease of the new one.
    expect(await run(mustNotRun)).toBe(false);
    second.end();
    expect(await takenOver).toBe(true);
    await other.stop();
    await proxy.close();
  });

  it.each([
    ['expired', '-1 millisecond', true],
    ['would last much longer, because the clock of PostgreSQL was set back', '1 hour', true],
    ['has just been renewed', `${LEASE_MS} milliseconds`, false],
  ])('a lease that %s: taken over', async (_name, interval, isTakenOver) => {
    await db.pool.query(
      `INSERT INTO task_lease (task, holder, expires_at) VALUES ('stats', gen_random_uuid(), now())`,
    );
    await expireIn(interval);
    expect(await run()).toBe(isTakenOver);
  });
});
