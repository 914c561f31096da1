import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase, type FreshDatabase } from '@posthorn/testkit';
import { connect, type Database } from '../src/connection/connect.js';
import { installOutbox } from '../src/outbox/install-outbox.js';
import { listenToOutbox, type OutboxListening } from '../src/outbox/listen-to-outbox.js';

/** The database of an application. */
let fresh: FreshDatabase;
let application: Database;
let listening: OutboxListening;
let calls: number;
beforeEach(async () => {
  fresh = await freshDatabase();
  application = connect({ url: fresh.url, applicationName: 'application' });
  await installOutbox(application.pool, { publishers: [], readers: [], notifies: true });
  calls = 0;
  listening = listenToOutbox(fresh.url, () => (calls += 1));
  // Rows may have been committed before.
  await eventually(() => expect(calls).toBe(1));
});
afterEach(async () => {
  await listening.stop();
  await application.stop();
  await fresh.drop();
});

const publish = () => application.pool.query(`SELECT posthorn.publish('a', '{}')`);

const listeners = async () => {
  const { rows } = await application.pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'posthorn outbox notifications' AND datname = current_database()",
  );
  return rows;
};

describe('listenToOutbox', () => {
  it('calls once after the commit of a transaction with rows, and not for one that rolls back', async () => {
    const client = await application.pool.connect();
    await client.query(`BEGIN; SELECT posthorn.publish('a', '{}')`);
    await client.query('ROLLBACK');
    await client.query(`BEGIN; SELECT posthorn.publish('a', '{}'); SELECT posthorn.publish('b', '{}')`);
    await publish();
    await eventually(() => expect(calls).toBe(2));
    await client.query('COMMIT');
    client.release();
    await eventually(() => expect(calls).toBe(3));
  });

  it('opens a lost connection again, and calls because it may have missed rows', async () => {
    for (const times of [2, 3]) {
      await application.pool.query('SELECT pg_terminate_backend($1)', [(await listeners())[0]?.pid]);
      await eventually(() => expect(calls).toBe(times));
    }
    await publish();
    await eventually(() => expect(calls).toBe(4));
  });

  it('has no connection after it was stopped', async () => {
    expect(await listeners()).toHaveLength(1);
    await listening.stop();
    await eventually(async () => expect(await listeners()).toEqual([]));
  });
});
