import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { connect, withLock } from '../src/index.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

/** Returns work that runs until the test ends it. */
function controlledWork() {
  const gate = new EventEmitter();
  const started = once(gate, 'started');
  const work = async () => {
    gate.emit('started');
    await once(gate, 'end');
  };
  return { work, started, end: () => gate.emit('end') };
}

const mustNotRun = () => Promise.reject(new Error('it ran'));

describe('withLock', () => {
  it('runs the work of one holder at a time; other callers skip theirs', async () => {
    const held = controlledWork();
    const first = withLock(db.pool, 'stats', held.work);
    await held.started;
    expect(await withLock(db.pool, 'stats', mustNotRun)).toBe(false);
    held.end();
    expect(await first).toBe(true);
    expect(await withLock(db.pool, 'stats', () => Promise.resolve())).toBe(true);
  });

  it('does not block other locks', async () => {
    const held = controlledWork();
    const first = withLock(db.pool, 'stats', held.work);
    await held.started;
    expect(await withLock(db.pool, 'maintenance', () => Promise.resolve())).toBe(true);
    held.end();
    await first;
  });

  it('releases the lock after a failure', async () => {
    await expect(withLock(db.pool, 'stats', () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    // The server releases it when it notices that the destroyed connection is closed.
    await eventually(async () => {
      expect(await withLock(db.pool, 'stats', () => Promise.resolve())).toBe(true);
    });
  });

  it('releases the lock, and does not crash, when the connection is terminated', async () => {
    const other = connect({ url: db.url, applicationName: 'test lock holder', max: 2 });
    const held = controlledWork();
    const first = withLock(other.pool, 'stats', held.work);
    await held.started;
    const { rowCount } = await db.pool.query(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'test lock holder'",
    );
    expect(rowCount).toBe(1);
    expect(await withLock(db.pool, 'stats', () => Promise.resolve())).toBe(true);
    held.end();
    await expect(first).rejects.toThrow(/connection/i);
    await other.stop();
  });
});
