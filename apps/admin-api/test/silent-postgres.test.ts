import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database';
import { type PrismaDb, openPrisma } from '@posthorn/database/prisma';
import { Registry } from '@posthorn/runtime';
import { type ApiResponse, type CuttableProxy, eventually, startCuttableProxy } from '@posthorn/testkit';
import { createChangeRunner } from '../src/changes.js';
import { createApi } from '../src/create-api.js';
import { type RunningServer, serve } from '../src/serve.js';
import { checkedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';

let api: TestApi;
let proxy: CuttableProxy;
let database: Database;
let prisma: PrismaDb;
/** Looks up keys directly; everything else goes through the proxy. */
let partlyCutServer: RunningServer;
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
        change: createChangeRunner(prisma, () => {}),
        history: prisma,
        registry: new Registry(),
        ...deps,
      }),
      { port: 0, host: '127.0.0.1' },
    );
  partlyCutServer = await start({});
  cutServer = await start({ pool: database.pool, lookupPool: database.pool });
});
afterAll(async () => {
  proxy.heal();
  await Promise.all([partlyCutServer.stop(), cutServer.stop()]);
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
      () => client.post(`${path}/secret/rotate`, {}),
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
