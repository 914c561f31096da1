import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database';
import { openPrisma } from '@posthorn/database/prisma';
import { createAcceptor, type IncomingEvent } from '@posthorn/fanout';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { startApi, type TestApi } from './start-api.js';

const CAPACITY = { items: 1500, chars: 1e9 };
const HISTORY_TIMEOUT_MS = 500;

let api: TestApi;
const STATEMENT_TIMEOUT_MS = 1500;
const QUEUE_TIMEOUT_MS = 1000;
let history: Database;
let accept: Database;

beforeAll(async () => {
  api = await startApi();
  const { pool, deliveries } = api.deps;
  const { connectionString: url = '' } = pool.options;
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
  const timeout = { baseMs: QUEUE_TIMEOUT_MS, perEventMs: 0 };
  const limits = { expectedWait: timeout, queueTimeout: timeout, total: CAPACITY, perTenant: CAPACITY };
  api.deps.acceptor = createAcceptor({
    pool,
    hotPathPool: accept.pool,
    deliveries: { ...deliveries, fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits,
  });
});
afterAll(async () => {
  await api.deps.history.$disconnect();
  await Promise.all([history.stop(), accept.stop()]);
  await api.close();
});

/** Locks a table while `work` runs. */
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

async function timed<T>(work: () => Promise<T>): Promise<T & { tookMs: number }> {
  const startedAtMs = performance.now();
  const result = await work();
  return { ...result, tookMs: performance.now() - startedAtMs };
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
const publish = () => timed(() => api.admin.post('/v1/events', event()));
const publishBatch = (count: number) =>
  timed(() =>
    api.admin.post('/v1/events/batch', { events: Array.from({ length: count }, (_, n) => event(n)) }),
  );

function expectUnavailable(response: Awaited<ReturnType<typeof publish>>, detail?: RegExp): void {
  expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  if (detail) expect(response.body.detail).toMatch(detail);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('publishing while events cannot be stored', () => {
  it('fails in time for one event and for a batch, and recovers', async () => {
    const responses = await whileLocked('event', () => Promise.all([publish(), publish(), publishBatch(10)]));
    for (const response of responses) {
      expectUnavailable(response, /idempotency key|Nothing was stored/);
      expect(response.tookMs).toBeLessThan(4000);
    }
    expect(await publish()).toMatchObject({ status: 202 });
    expect((await publishBatch(10)).body.accepted).toHaveLength(10);
  });

  it('is rejected immediately when too many events wait', async () => {
    const responses = await whileLocked('event', async () => {
      const waiting = api.deps.acceptor.acceptAll(Array.from({ length: CAPACITY.items }, incoming));
      const [rejected] = await Promise.all([
        Promise.all([publish(), publishBatch(1)]),
        expect(waiting).rejects.toMatchObject({ code: 'unavailable' }),
      ]);
      return rejected;
    });
    for (const response of responses) {
      expectUnavailable(response, /Too many events/);
      expect(response.tookMs).toBeLessThan(QUEUE_TIMEOUT_MS);
    }
  });
});

describe('any call while API keys cannot be looked up', () => {
  it('fails within three seconds', async () => {
    const response = await whileLocked('api_key', () => timed(() => api.admin.get('/v1/webhooks')));
    expectUnavailable(response);
    expect(response.tookMs).toBeLessThan(3000);
  });
});

describe('a slow query of the history', () => {
  it('times out with advice and does not block publishing', async () => {
    await whileLocked('rejected_event', async () => {
      const lists = [1, 2].map(() => timed(() => api.admin.get('/v1/rejected-events')));
      expect(await publish()).toMatchObject({ status: 202 });
      for (const response of await Promise.all(lists)) expectUnavailable(response, /narrow the time range/);
    });
    expect((await api.admin.get('/v1/rejected-events')).status).toBe(200);
  });
});
