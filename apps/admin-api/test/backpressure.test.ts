import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database, type Pool } from '@posthorn/database/connection';
import { openPrisma } from '@posthorn/database/prisma-client';
import { type PublishResult, createAcceptor, type IncomingEvent } from '@posthorn/fanout';
import { DEFAULT_TENANT_ID, encodeId, PosthornError } from '@posthorn/core';
import { Registry } from '@posthorn/runtime';
import { type ApiResponse, eventually } from '@posthorn/testkit';
import { createApi } from '../src/create-api.js';
import { serve } from '../src/serve.js';
import { checkedClient } from './checked-client.js';
import { startApi, type TestApi } from './start-api.js';

const CAPACITY = { items: 1500, chars: 1e9 };
const HISTORY_TIMEOUT_MS = 500;
const STATEMENT_TIMEOUT_MS = 1500;
const QUEUE_TIMEOUT_MS = 1000;
const LOOKUP_TIMEOUT_MS = 500;

/** Less than the statement timeout of a lookup, a minute. */
const MAX_LOOKUP_MS = 30_000;

let api: TestApi;
let history: Database;
let accept: Database;

beforeAll(async () => {
  api = await startApi();
  const { connectionString: url = '' } = api.deps.pool.options;
  history = connect({
    url,
    applicationName: 'posthorn api test history',
    max: 1,
    statementTimeoutMs: HISTORY_TIMEOUT_MS,
  });
  accept = connect({
    url,
    applicationName: 'posthorn api test accept',
    max: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  api.deps.history = openPrisma(history.pool);
});
afterAll(async () => {
  await api.deps.history.$disconnect();
  await Promise.all([history.stop(), accept.stop()]);
  await api.close();
});

/** Lets the API accept events with these limits while `work` runs. */
async function withAcceptor<T>(
  { hotPathPool, queueTimeoutMs }: { hotPathPool: Pool; queueTimeoutMs: number },
  work: () => Promise<T>,
): Promise<T> {
  const { pool, deliveries, acceptor } = api.deps;
  const timeout = { baseMs: queueTimeoutMs, perEventMs: 0 };
  api.deps.acceptor = createAcceptor({
    pool,
    hotPathPool,
    deliveries: { ...deliveries, fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits: { expectedWait: timeout, queueTimeout: timeout, total: CAPACITY, perTenant: CAPACITY },
  });
  try {
    return await work();
  } finally {
    api.deps.acceptor = acceptor;
  }
}

/** Locks a table while `work` runs: a call in it that has no timeout would wait forever. */
async function whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
  const client = await api.deps.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    return await work();
  } finally {
    await client.query('COMMIT');
    client.release();
  }
}

const event = (n = 0) => ({ type: 'a', data: { n } });
const incoming = (): IncomingEvent => ({
  tenantId: DEFAULT_TENANT_ID,
  type: 'a',
  data: {},
  dataText: null,
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
});
const publish = () => api.admin.post('/v1/events', event());
const publishBatch = (count: number) =>
  api.admin.post('/v1/events/batch', { events: Array.from({ length: count }, (_, n) => event(n)) });

function expectUnavailable(response: ApiResponse, detail?: RegExp): void {
  expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  if (detail) expect(response.body.detail).toMatch(detail);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('publishing while events cannot be stored', () => {
  it('fails for one event and for a batch, and recovers', async () => {
    await withAcceptor({ hotPathPool: accept.pool, queueTimeoutMs: QUEUE_TIMEOUT_MS }, async () => {
      const responses = await whileLocked('event', () =>
        Promise.all([publish(), publish(), publishBatch(10)]),
      );
      for (const response of responses) expectUnavailable(response, /idempotency key|Nothing was stored/);
      await eventually(async () => expect(await publish()).toMatchObject({ status: 202 }));
      await eventually(async () => expect((await publishBatch(10)).body.accepted).toHaveLength(10));
    });
  });

  it('is rejected immediately when too many events wait', async () => {
    await withAcceptor({ hotPathPool: api.deps.pool, queueTimeoutMs: 60_000 }, async () => {
      let waiting: Promise<PublishResult[]> = Promise.resolve([]);
      const rejected = await whileLocked('event', async () => {
        waiting = api.deps.acceptor.acceptAll(Array.from({ length: CAPACITY.items }, incoming));
        return Promise.all([publish(), publishBatch(1)]);
      });
      for (const response of rejected) expectUnavailable(response, /Too many events/);
      expect(await waiting).toHaveLength(CAPACITY.items);
    });
  });
});

describe('publishing for a tenant whose events would wait too long', () => {
  it('is refused before the event is validated, and for no other tenant', async () => {
    const createTenant = async (name: string) => (await api.admin.post('/v1/tenants', { name })).body;
    const [busy, quiet] = [await createTenant('busy'), await createTenant('quiet')];
    const { acceptor } = api.deps;
    api.deps.acceptor = {
      ...acceptor,
      assertShortWait({ tenantId }) {
        if (encodeId('tenant', tenantId) === busy.id) throw new PosthornError('unavailable');
      },
    };
    try {
      const incomplete = { type: 'a' };
      expectUnavailable(await api.admin.post('/v1/events', { ...incomplete, tenantId: busy.id }));
      expectUnavailable(await api.client(busy.key).post('/v1/events', incomplete));
      const statuses = [
        await api.admin.post('/v1/events', { ...event(), tenantId: quiet.id }),
        await api.client(quiet.key).post('/v1/events', event()),
        await publish(),
        await api.client(busy.key).post('/v1/events', {}),
        await api.client(busy.key).post('/v1/events', []),
      ].map(({ status }) => status);
      expect(statuses).toEqual([202, 202, 202, 422, 422]);
    } finally {
      api.deps.acceptor = acceptor;
    }
  });
});

describe('any call while API keys cannot be looked up', () => {
  it('fails in time', async () => {
    const app = createApi({ ...api.deps, lookupTimeoutMs: LOOKUP_TIMEOUT_MS, registry: new Registry() });
    const server = await serve(app, { port: 0, host: '127.0.0.1' });
    const client = checkedClient(`http://127.0.0.1:${server.port}`, api.adminKey);
    const startedAtMs = performance.now();
    expectUnavailable(await whileLocked('api_key', () => client.get('/v1/webhooks')));
    expect(performance.now() - startedAtMs).toBeLessThan(MAX_LOOKUP_MS);
    await server.stop();
  });
});

describe('a slow query of the history', () => {
  it('times out with advice and does not block publishing', async () => {
    await whileLocked('rejected_event', async () => {
      // After a pause of the machine, the client may give up before PostgreSQL cancels the query: without advice.
      await eventually(async () => {
        const lists = [1, 2].map(() => api.admin.get('/v1/rejected-events'));
        expect(await publish()).toMatchObject({ status: 202 });
        for (const response of await Promise.all(lists)) expectUnavailable(response, /narrow the time range/);
      });
    });
    await eventually(async () => expect((await api.admin.get('/v1/rejected-events')).status).toBe(200));
  });
});
