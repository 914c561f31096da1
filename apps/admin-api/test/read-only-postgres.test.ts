import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { OPERATION_IDS, ROUTES } from '@posthorn/contract';
import { connect, type Database } from '@posthorn/database/connection';
import { createAcceptor } from '@posthorn/fanout';
import { Registry } from '@posthorn/runtime';
import { type ApiResponse, eventually } from '@posthorn/testkit';
import { createApi } from '../src/create-api.js';
import { PUBLISH_LIMITS } from '../src/events/publish-limits.js';
import { type RunningServer, serve } from '../src/serve.js';
import { type CheckedClient, checkedClient } from './checked-client.js';
import { useApi } from './use-api.js';

const LOOKUP = 'read-only test lookup';

const api = useApi();
let lookup: Database;
let server: RunningServer;
let admin: CheckedClient;

beforeAll(async () => {
  const { connectionString: url = '' } = api.deps.pool.options;
  lookup = connect({ url, applicationName: LOOKUP, max: 1 });
  const acceptor = createAcceptor({
    pool: api.deps.pool,
    deliveries: { ...api.deps.deliveries, fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits: PUBLISH_LIMITS,
  });
  const app = createApi({ ...api.deps, acceptor, lookupPool: lookup.pool, registry: new Registry() });
  server = await serve(app, { port: 0, host: '127.0.0.1' });
  admin = checkedClient(`http://127.0.0.1:${server.port}`, api.adminKey);
});
afterAll(async () => {
  await server.stop();
  await lookup.stop();
});

/**
 * Makes new connections to the database read-only, as after a failover, or writable, and closes the others, except those that look up
 * API keys: so that a call gets past its authentication.
 */
async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  const url = api.deps.pool.options.connectionString ?? '';
  const { pool, stop } = connect({ url: maintenanceUrl(url), applicationName: 'read-only test', max: 1 });
  const name = new URL(url).pathname.slice(1);
  await pool.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = ${value}`);
  await pool.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name <> $2',
    [name, LOOKUP],
  );
  await stop();
}

function maintenanceUrl(url: string): string {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  return maintenance.href;
}

/** Reads nothing but the key, or never ends. */
const NOT_READ = new Set(['/v1/session', '/v1/overview/live']);
const QUERIES: Record<string, string> = {
  '/v1/search': '?q=order',
  '/v1/stats/webhooks': '?webhookIds=wh_01jw000000e008000000000001',
};

const READS = OPERATION_IDS.map((id) => ROUTES[id])
  .filter(({ method, path }) => method === 'get' && !path.includes(':') && !NOT_READ.has(path))
  .map(({ path }) => path + (QUERIES[path] ?? ''));

it('every call returns 503 while PostgreSQL is read-only, and works again afterwards', async () => {
  const { body: tenant } = await admin.post('/v1/tenants', { name: 'read-only' });
  const calls: (() => Promise<ApiResponse>)[] = [
    ...READS.map((path) => () => admin.get(path)),
    () => admin.post('/v1/event-types', { name: 'order.paid' }),
    () => admin.patch(`/v1/tenants/${tenant.id}`, { name: 'renamed' }),
    () => admin.post('/v1/events', { type: 'a.b', data: {} }),
    () => admin.post('/v1/events/batch', { events: [{ type: 'a.b', data: {} }] }),
  ];
  await setReadOnly('on');
  try {
    for (const response of await Promise.all(calls.map((call) => call()))) {
      expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    // Until all connections are new.
    await eventually(async () => {
      const details = (await Promise.all(calls.map((call) => call()))).map(({ body }) => body.detail);
      for (const detail of details) expect(detail).toContain('PostgreSQL is read-only');
    });
    expect((await admin.post('/v1/events', { type: 'a.b', data: {} })).body.detail).toBe(
      'PostgreSQL is read-only, as during a failover. Nothing was stored; retry later.',
    );
  } finally {
    await setReadOnly('off');
  }
  await eventually(async () => {
    expect(await admin.post('/v1/events', { type: 'a.b', data: {} })).toMatchObject({ status: 202 });
    for (const path of READS) expect(await admin.get(path)).toMatchObject({ status: 200 });
  });
});
