import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { settle } from '@posthorn/database/fixtures';
import { connect, type Database, type Pool } from '@posthorn/database/connection';
import { openPrisma, type PrismaDb } from '@posthorn/database/prisma-client';
import { Registry } from '@posthorn/runtime';
import {
  type ApiResponse,
  createActiveWebhook,
  type CuttableProxy,
  eventually,
  startCuttableProxy,
} from '@posthorn/testkit';
import { createChangeRunner } from '../src/calls/changes.js';
import { createApi } from '../src/create-api.js';
import { type RunningServer, serve } from '../src/serve.js';
import { checkedClient, type CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';

let api: TestApi;
let proxy: CuttableProxy;
let database: Database;
let prisma: PrismaDb;
/** Looks up keys directly; everything else goes through the proxy. */
let partlyCutServer: RunningServer;
/** Reads go through the proxy, which is cut by each commit. */
let cutByCommitServer: RunningServer;
/** Everything goes through the proxy. */
let cutServer: RunningServer;

beforeAll(async () => {
  api = await startApi();
  proxy = await startCuttableProxy(api.deps.pool.options.connectionString ?? '');
  database = connect({ url: proxy.url, applicationName: 'posthorn api test', statementTimeoutMs: 300 });
  prisma = openPrisma(database.pool);
  const start = (deps: Partial<TestApi['deps']>) =>
    serve(
      createApi({
        ...api.deps,
        prisma,
        change: createChangeRunner({ prisma, connections: 4, onChange: () => {}, maxWaitMs: 60_000 }),
        history: prisma,
        registry: new Registry(),
        ...deps,
      }),
      { port: 0, host: '127.0.0.1' },
    );
  partlyCutServer = await start({});
  const cut = <Result>(result: Result): Result => {
    proxy.cut();
    return result;
  };
  cutByCommitServer = await start({
    change: async (...change) => cut(await api.deps.change(...change)),
    bulkPool: {
      query: async (text: string, values: unknown[]) => cut(await api.deps.bulkPool.query(text, values)),
    } as unknown as Pool,
  });
  cutServer = await start({ pool: database.pool, lookupPool: database.pool });
});
afterAll(async () => {
  proxy.heal();
  await Promise.all([partlyCutServer.stop(), cutByCommitServer.stop(), cutServer.stop()]);
  await prisma.$disconnect();
  await database.stop();
  await proxy.close();
  await api.close();
});

const clientOf = ({ port }: RunningServer) => checkedClient(`http://127.0.0.1:${port}`, api.adminKey);

/** Repeats a call until it succeeds: its statements have a short timeout, and the machine may pause. */
const succeeds = (call: () => Promise<ApiResponse>) =>
  eventually(async () => expect(await call()).toMatchObject({ status: 200 }));

// The calls of each test return before the connection is healed: without a timeout they would wait forever.

describe('while PostgreSQL does not respond', () => {
  it('every call fails in time, and works again afterwards', async () => {
    const webhook = await createWebhook(api.admin, await api.receiver());
    const client = clientOf(partlyCutServer);
    const path = `/v1/webhooks/${webhook.id}`;
    const calls = [
      () => client.get('/v1/webhooks'),
      () => client.get(path),
      () => client.patch(path, { description: 'new' }),
      () => client.post(`${path}/secrets/rotate`, {}),
      () => client.post(`${path}/suspend`),
      () => client.post('/v1/event-types', { name: 'order.paid' }),
      () => client.get('/v1/event-types'),
      () => client.delete('/v1/event-types/order.paid'),
      () => client.post('/v1/tenants', { name: 'new' }),
      () => client.get('/v1/api-keys'),
      () => client.get('/v1/events'),
    ];
    await succeeds(() => client.get('/v1/webhooks'));
    proxy.cut();
    const responses = await Promise.all(calls.map((call) => call()));
    for (const response of responses) {
      expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    proxy.heal();
    await succeeds(() => client.patch(path, { description: 'newer' }));
  });

  it('authentication and readiness fail in time', async () => {
    const client = clientOf(cutServer);
    await succeeds(() => client.get('/readyz'));
    proxy.cut();
    const responses = await Promise.all([client.get('/readyz'), client.get('/v1/webhooks')]);
    for (const response of responses) expect(response).toMatchObject({ status: 503 });
    expect(await client.get('/healthz')).toMatchObject({ status: 200 });
    proxy.heal();
    await succeeds(() => client.get('/v1/webhooks'));
  });
});

describe('while PostgreSQL does not respond after a commit', () => {
  const RANGE = { from: '2026-01-01T00:00:00Z', to: '9999-12-31T00:00:00Z' };
  let url: string;
  let webhookId: string;
  let eventId: string;
  let deliveryId: string;
  beforeAll(async () => {
    const receiver = await api.receiver();
    url = receiver.url;
    webhookId = (await createActiveWebhook(api.admin, receiver, { eventTypes: ['a.b'] })).id;
    eventId = (await api.admin.post('/v1/events', { type: 'a.b', data: {} })).body.id;
    deliveryId = (await api.admin.get(`/v1/events/${eventId}/deliveries`)).body.data[0].id;
    await settle(api.deps.pool, [decodeId('delivery', deliveryId) ?? ''], 'failed');
  });
  afterEach(() => proxy.heal());

  // A repetition would create another webhook, and so on.
  it.each<[string, number, (client: CheckedClient) => Promise<ApiResponse>]>([
    ['a new webhook', 201, (client) => client.post('/v1/webhooks', { url, eventTypes: ['a.b'] })],
    ['a new secret', 200, (client) => client.post(`/v1/webhooks/${webhookId}/secrets/rotate`, {})],
    ['a new tenant', 201, (client) => client.put('/v1/tenants/ext:silent', { name: 'silent' })],
    ['a replay', 202, (client) => client.post(`/v1/webhooks/${webhookId}/replay`, RANGE)],
    ['a replay of an event', 202, (client) => client.post(`/v1/events/${eventId}/replay`)],
    ['a retry', 202, (client) => client.post(`/v1/deliveries/${deliveryId}/retry`)],
  ])('%s is returned', async (_name, status, call) => {
    // The reads before the commit may time out while the machine pauses.
    await eventually(async () => {
      proxy.heal();
      expect(await call(clientOf(cutByCommitServer))).toMatchObject({ status });
    });
  });
});
