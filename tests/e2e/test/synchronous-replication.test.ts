// PostgreSQL with a synchronous replica, which is cut off: commits hang until it is connected again.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { findDuplicates } from '@posthorn/database/events';
import { type Stack, startStack } from '@posthorn/local';
import { type ApiClient, eventually, apiClient } from '@posthorn/testkit';
import { type Replica, startReplica } from './replica.js';

let folder: string;
let primary: Stack;
let replica: Replica;
let services: Stack;
let database: Database;
let api: ApiClient;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-synchronous-'));
  // PostgreSQL may run as another user, who must be able to enter this folder.
  await chmod(folder, 0o711);
  primary = await startStack({ ephemeral: true, services: false });
  replica = await startReplica(primary, folder);
  services = await startStack({
    ephemeral: true,
    workers: 1,
    servers: { databaseUrl: primary.databaseUrl, redisUrl: primary.redisUrl },
  });
  database = connect({ url: primary.databaseUrl, applicationName: 'posthorn e2e', max: 1 });
  api = apiClient(services.apiUrl, services.adminKey);
  await replica.catchUp();
  await setSynchronous('*');
}, 120_000);

afterAll(async () => {
  // Otherwise the services could not stop.
  await setSynchronous('');
  await database?.stop();
  await services?.stop();
  await replica?.stop();
  await primary?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Lets each commit wait for the replicas with these names. */
async function setSynchronous(names: string): Promise<void> {
  await database.pool.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
  await database.pool.query('SELECT pg_reload_conf()');
}

const publish = (n: number) =>
  api.post('/v1/events', { type: 'sync.test', data: { n }, idempotencyKey: `n${n}` });
/** Looks up the event of a key, as for a repeated call. */
async function findOriginal(idempotencyKey: string): Promise<unknown> {
  const { pool, stop } = connect({
    url: primary.databaseUrl,
    applicationName: 'posthorn e2e',
    statementTimeoutMs: 1000,
  });
  try {
    return await findDuplicates(pool, [
      { id: newId(), tenantId: DEFAULT_TENANT_ID, idempotencyKey, pushed: false },
    ]);
  } finally {
    await stop();
  }
}

const readiness = async () => (await fetch(`${services.apiUrl}/readyz`)).status;

it('an API that cannot store events is not ready, and ready when it can', async () => {
  await eventually(async () => expect(await publish(0)).toMatchObject({ status: 202 }));
  expect(await readiness()).toBe(200);
  replica.replication.cut();
  expect(await publish(1)).toMatchObject({ status: 503 });
  const response = await fetch(`${services.apiUrl}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    code: 'unavailable',
    detail: expect.stringContaining('does not store writes'),
  });
  replica.replication.heal();
  // No call publishes anything meanwhile.
  await eventually(async () => expect(await readiness()).toBe(200), { timeoutMs: 30_000 });
  expect(await publish(2)).toMatchObject({ status: 202 });
}, 120_000);

it('an API keeps few sessions waiting for the replica, however many events it refuses', async () => {
  await eventually(async () => expect(await publish(5)).toMatchObject({ status: 202 }));
  replica.replication.cut();
  for (let n = 6; n < 10; n += 1) expect(await publish(n)).toMatchObject({ status: 503 });
  const { rows } = await database.pool.query(
    `SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'posthorn api: accept'`,
  );
  expect(rows).toHaveLength(1);
  replica.replication.heal();
  await eventually(async () => expect(await publish(10)).toMatchObject({ status: 202 }));
}, 120_000);

it('a repeated call returns the event only after it is replicated', async () => {
  const original = await eventually(async () => {
    const response = await publish(3);
    expect(response).toMatchObject({ status: 202 });
    return response;
  });
  expect(await publish(3)).toMatchObject({ status: 200, body: { ...original.body, duplicate: true } });
  replica.replication.cut();
  expect(await publish(4)).toMatchObject({ status: 503 });
  // Ends the wait for the replica, like a restart: the event is stored, on this server only.
  await eventually(async () => {
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`,
    );
    const { rows } = await database.pool.query(`SELECT FROM event_idempotency WHERE key = 'n4'`);
    expect(rows).toHaveLength(1);
  });
  expect(await publish(4)).toMatchObject({ status: 503 });
  // The API has not looked the event up, because commits hang. Another one would wait.
  await expect(findOriginal('n4')).rejects.toThrow('timeout');
  replica.replication.heal();
  await eventually(async () => expect(await publish(4)).toMatchObject({ status: 200 }));
}, 120_000);
