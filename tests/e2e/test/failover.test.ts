// PostgreSQL fails over under load to an asynchronous replica that lacks confirmed suspends and deletes of webhooks and tenants.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { inspectDatabase } from '@posthorn/database/server';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  createActiveWebhook,
  type CuttableProxy,
  eventually,
  type Receiver,
  retryingClient,
  startCuttableProxy,
  startReceiver,
} from '@posthorn/testkit';
import { type Replica, startReplica } from './replica.js';

let folder: string;
let primary: Stack;
let replica: Replica;
let database: CuttableProxy;
let services: Stack;
let api: ApiClient;
let load: Load | undefined;
const receivers: Receiver[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-failover-'));
  // PostgreSQL may run as another user, who must be able to enter this folder.
  await chmod(folder, 0o711);
  primary = await startStack({ ephemeral: true, services: false });
  replica = await startReplica(primary, folder);
  database = await startCuttableProxy(primary.databaseUrl);
  services = await startStack({
    ephemeral: true,
    workers: 1,
    servers: { databaseUrl: database.url, redisUrl: replica.stack.redisUrl },
  });
  api = retryingClient(services.apiUrl, services.adminKey);
}, 120_000);

afterAll(async () => {
  await load?.stop();
  await services?.stop();
  await database?.close();
  await replica?.stop();
  await primary?.stop();
  await Promise.all(receivers.map((receiver) => receiver.close()));
  await rm(folder, { recursive: true, force: true });
});

/** Creates an active webhook with its own receiver. */
async function subscribe(
  eventTypes: string[],
  fields: object = {},
): Promise<{ id: string; receiver: Receiver }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const { id } = await createActiveWebhook(api, receiver, {
    eventTypes,
    // Due again at once, and pending however long the test takes.
    retrySchedule: [...Array(10).fill(1), 600],
    ...fields,
  });
  return { id, receiver };
}

async function inspectReplication() {
  const { pool, stop } = connect({
    url: primary.databaseUrl,
    applicationName: 'posthorn failover test',
    max: 1,
  });
  const { replication } = await inspectDatabase(pool);
  await stop();
  return replication;
}

interface Load {
  /** The number of the last event. */
  published(): number;
  stop(): Promise<void>;
}

/** Publishes numbered events, one after the other, until stopped. */
function startLoad(): Load {
  let n = 0;
  const state = { isRunning: true };
  async function publish(): Promise<void> {
    while (state.isRunning) {
      n += 1;
      await api.post('/v1/events', { type: 'load.test', data: { n }, idempotencyKey: `n${n}` });
    }
  }
  const running = publish();
  return {
    published: () => n,
    async stop() {
      state.isRunning = false;
      await running;
    },
  };
}

const hasEventAfter = (n: number) => (requests: Receiver['requests']) =>
  requests.some((request) => request.json().data.n > n);

const isLost = (request: Receiver['requests'][number]) => request.json().type === 'load.lost';
const hasLost = (count: number) => (requests: Receiver['requests']) =>
  requests.filter(isLost).length === count;

/** Creates a tenant with an active webhook, and returns both. */
async function createTenant(name: string): Promise<{ tenantId: string; id: string; receiver: Receiver }> {
  const { body } = await api.post('/v1/tenants', { name });
  return { tenantId: body.id, ...(await subscribe(['*'], { tenantId: body.id })) };
}

it('sends nothing to a webhook whose suspend or delete was confirmed, and suspends or deletes it again', async () => {
  const healthy = await subscribe(['load.*']);
  const suspended = await subscribe(['load.*']);
  const deleted = await subscribe(['load.*']);
  const suspendedTenant = await createTenant('suspended');
  const deletedTenant = await createTenant('deleted');
  const tenants = [suspendedTenant, deletedTenant];
  const owner = await subscribe(['posthorn.webhook.suspended']);
  const numbered = await subscribe(['load.lost', 'numbered.*'], { sequence: true });
  await api.post('/v1/events', { type: 'numbered.first', data: {} });
  // Their deliveries are pending, so the replica has some that are due.
  for (const { receiver } of [suspended, deleted]) receiver.handle(() => ({ status: 503 }));
  for (const { tenantId, receiver } of tenants) {
    receiver.handle(() => ({ status: 503 }));
    await api.post('/v1/events', { type: 'tenant.test', data: {}, tenantId });
    await receiver.waitFor(1);
  }
  load = startLoad();
  await Promise.all([suspended, deleted].map(({ receiver }) => receiver.waitFor(20)));
  await replica.catchUp();
  await eventually(async () =>
    expect(await inspectReplication()).toEqual({
      replicas: 1,
      synchronousStandbyNames: '',
      commitsWait: true,
    }),
  );
  replica.replication.cut();
  const lost = {
    type: 'load.lost',
    data: { n: 0 },
    idempotencyKey: 'lost',
    occurredAt: new Date().toISOString(),
  };
  const { body: published } = await api.post('/v1/events', lost);
  await healthy.receiver.waitFor(hasLost(1));
  await numbered.receiver.waitFor(2);

  const suspending = await api.post(`/v1/webhooks/${suspended.id}/suspend`, { reason: 'confirmed' });
  expect(suspending.body).toMatchObject({ status: 'suspended', suspendReason: 'confirmed' });
  expect((await api.delete(`/v1/webhooks/${deleted.id}`)).status).toBe(204);
  const suspendingTenant = await api.post(`/v1/tenants/${suspendedTenant.tenantId}/suspend`);
  expect(suspendingTenant.body).toMatchObject({ status: 'suspended' });
  expect((await api.delete(`/v1/tenants/${deletedTenant.tenantId}`)).status).toBe(204);
  // The services reach the replica before it accepts writes.
  primary.kill();
  database.redirect(replica.stack.databaseUrl);
  const stopped = [suspended, deleted, ...tenants];
  const confirmed = stopped.map(({ receiver }) => receiver.requests.length);
  await replica.promote();
  const atFailover = load.published();

  // Events published after the failover match both webhooks until they are found.
  await healthy.receiver.waitFor(hasEventAfter(atFailover + 50), 120_000);
  await eventually(async () => {
    const { body } = await api.get(`/v1/webhooks/${suspended.id}`);
    expect(body).toMatchObject({ status: 'suspended', suspendReason: 'failover' });
    expect((await api.get(`/v1/webhooks/${deleted.id}`)).status).toBe(404);
    const [suspendedAgain, deletedAgain] = await Promise.all(
      tenants.map(({ tenantId }) => api.get(`/v1/tenants/${tenantId}`)),
    );
    expect(suspendedAgain?.body).toMatchObject({ status: 'suspended', suspendReason: 'failover' });
    expect(deletedAgain?.body).toMatchObject({ status: 'deleted', purgeAt: expect.any(String) });
  });
  await owner.receiver.waitFor(
    (requests) => requests.some((request) => request.json().data.reason === 'failover'),
    10_000,
  );
  await load.stop();

  // The new primary does not have the event, and gives it the same id.
  expect(await api.post('/v1/events', lost)).toMatchObject({ status: 202, body: { id: published.id } });
  await healthy.receiver.waitFor(hasLost(2));
  const ids = healthy.receiver.requests.filter(isLost).map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids)).toEqual(new Set([published.id]));

  // Its receiver has seen number 2, which the new primary has not given.
  await numbered.receiver.waitFor(3);
  const numbers = numbered.receiver.requests.map(({ headers }) => headers['webhook-sequence']);
  const next = Number(numbers[2]);
  expect(numbers).toEqual(['1', '2', `${next}`]);
  expect(next).toBeGreaterThan(1_000_000);
  const feed = async (after: number) =>
    (await api.get(`/v1/webhooks/${numbered.id}/feed?after=${after}`)).body.entries;
  expect(await feed(0)).toMatchObject([{ sequence: 1 }, { sequence: next, eventId: published.id }]);
  expect(await feed(2)).toMatchObject([{ sequence: next }]);

  // All deliveries that the replica had, and the deliveries of events published since, are dropped.
  for (const { id } of stopped) {
    await eventually(async () => {
      const { body } = await api.get(`/v1/deliveries?webhookId=${id}&status=pending`);
      expect(body.data).toEqual([]);
    });
    const dropped = await api.get(`/v1/deliveries?webhookId=${id}&status=dropped`);
    expect(dropped.body.data.length).toBeGreaterThan(0);
  }
  expect(stopped.map(({ receiver }) => receiver.requests.length)).toEqual(confirmed);
  const { body: ofTenant } = await api.get(`/v1/audit-entries?target=${suspendedTenant.tenantId}`);
  expect(ofTenant.data[0]).toMatchObject({ action: 'tenant.suspended', after: { reason: 'failover' } });
  const { body: entries } = await api.get(`/v1/audit-entries?target=${suspended.id}`);
  expect(entries.data[0]).toMatchObject({
    action: 'webhook.suspended',
    actor: { name: 'system' },
    after: { status: 'suspended', suspendReason: 'failover' },
  });
}, 300_000);
