import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database, installOutbox } from '@posthorn/database';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  eventually,
  freshDatabase,
  type FreshDatabase,
  patientClient,
  type Receiver,
  startReceiver,
  testServers,
  type TestServers,
} from '@posthorn/testkit';

const ACCOUNTS = 5;
const TRANSFERS = 400;

let servers: TestServers;
let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
/** The database of an application. */
let fresh: FreshDatabase;
let application: Database;

beforeAll(async () => {
  servers = await testServers();
  fresh = await freshDatabase();
  application = connect({ url: fresh.url, applicationName: 'application', max: 4 });
  await installOutbox(application.pool, { publishers: [], readers: [] });
  await application.pool.query(`
    CREATE TABLE account (id integer PRIMARY KEY, balance integer NOT NULL);
    INSERT INTO account SELECT n, 1000 FROM generate_series(1, ${ACCOUNTS}) n;
    CREATE TABLE transfer (id integer PRIMARY KEY)`);
  stack = await startStack({
    ephemeral: true,
    servers,
    producers: 2,
    workers: 1,
    env: { POSTHORN_OUTBOXES: `bank=${fresh.url}` },
  });
  api = patientClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
  await createActiveWebhook(api, receiver, { eventTypes: ['transfer.*'] });
}, 120_000);

afterAll(async () => {
  await receiver?.close();
  await stack?.stop();
  await application?.stop();
  await fresh?.drop();
  await servers?.drop();
});

/** Moves money from one account to another, and publishes it, in one transaction. Every second one rolls back. */
async function transfer(id: number): Promise<void> {
  const client = await application.pool.connect();
  const [from, to] = [1 + (id % ACCOUNTS), 1 + ((id + 1) % ACCOUNTS)].toSorted((a, b) => a - b);
  try {
    await client.query('BEGIN');
    await client.query('UPDATE account SET balance = balance - 1 WHERE id = $1', [from]);
    await client.query('UPDATE account SET balance = balance + 1 WHERE id = $1', [to]);
    await client.query('INSERT INTO transfer VALUES ($1)', [id]);
    await client.query(`SELECT posthorn.publish('transfer.made', $1::text)`, [JSON.stringify({ id })]);
    await client.query(id % 2 === 0 ? 'COMMIT' : 'ROLLBACK');
  } finally {
    client.release();
  }
}

async function committed(): Promise<number[]> {
  const { rows } = await application.pool.query<{ id: number }>('SELECT id FROM transfer ORDER BY id');
  return rows.map(({ id }) => id);
}

const delivered = (): number[] =>
  receiver.requests.map((request) => request.json().data.id).toSorted((a: number, b: number) => a - b);

describe('an outbox', () => {
  it('publishes each committed transaction once although producers are killed', async () => {
    for (let id = 0; id < TRANSFERS; id += 1) {
      await transfer(id);
      if (id % 100 === 50) stack.process('producer', id % 200 === 50 ? 0 : 1).kill('SIGKILL');
    }
    expect(await committed()).toHaveLength(TRANSFERS / 2);
    await eventually(async () => expect(delivered()).toEqual(await committed()), { timeoutMs: 60_000 });
    await eventually(async () => {
      const { rows } = await application.pool.query('SELECT FROM posthorn.outbox');
      expect(rows).toEqual([]);
    });
    expect((await api.get('/v1/rejected-events')).body.data).toEqual([]);
  }, 120_000);
});
