import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { connect } from '@posthorn/database/connection';
import { openPrisma } from '@posthorn/database/prisma-client';
import { OPERATION_IDS, ROUTES } from '@posthorn/contract';
import { createDeliveryQueue, type DeliveryQueue } from '@posthorn/queue';
import { eventually } from '@posthorn/testkit';
import { createChangeRunner } from '../src/calls/changes.js';
import { startApi, type TestApi } from './start-api.js';
import { useCuttableRedis } from './use-cuttable-redis.js';

describe('operational endpoints', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi({ metricsToken: 'let me see' });
  });
  afterAll(() => api.close());

  it('need no API key', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs']) {
      expect([path, (await api.client().get(path)).status]).toEqual([path, 200]);
    }
  });

  it.each(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'])(
    '%s rejects other methods',
    async (path) => {
      const response = await api.client().delete(path);
      expect(response).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    },
  );

  it('serve the metrics with the token, labelled by route and without ids', async () => {
    await api.admin.get('/v1/webhooks/wh_01jw000000e008000000000001');
    await api.admin.get('/v1/no-such-path/here');
    expect((await api.client().get('/metrics')).status).toBe(401);
    expect((await api.client('wrong').get('/metrics')).status).toBe(401);
    const { body } = await eventually(async () => {
      const metrics = await api.client('let me see').get('/metrics');
      expect(metrics.body).toContain('method="GET",route="/v1/webhooks/:id",status="404"');
      return metrics;
    });
    expect(body).toContain('route="none"');
    expect(body).not.toContain('wh_');
    expect(body).not.toContain('no-such-path');
    expect(body).toContain('posthorn_delivery_jobs{lane="fast",state="waiting"} 0');
  });

  it('log one line per request, health checks at debug level', async () => {
    const before = api.logs.length;
    await api.admin.get('/v1/webhooks/wh_01jw000000e008000000000001', { 'x-request-id': 'log-me' });
    await api.admin.get('/healthz');
    const lines = await eventually(() => {
      const written = api.logs.slice(before).map((line) => JSON.parse(line));
      expect(written.length).toBeGreaterThanOrEqual(2);
      return written;
    });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        method: 'GET',
        route: '/v1/webhooks/:id',
        status: 404,
        requestId: 'log-me',
        keyId: expect.stringMatching(/^key_/),
        durationMs: expect.any(Number),
      }),
      expect.objectContaining({ level: 'debug', route: '/healthz', status: 200 }),
    ]);
  });

  it('serve a valid OpenAPI document with exactly the routes', async () => {
    const { body } = await api.client().get('/openapi.json');
    const result = await new Validator().validate(structuredClone(body));
    expect(result).toMatchObject({ valid: true });
    const described = Object.entries<Record<string, { operationId: string }>>(body.paths).flatMap(
      ([path, item]) =>
        Object.entries(item).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
    );
    const routes = OPERATION_IDS.map(
      (id) => `${id} ${ROUTES[id].method} ${ROUTES[id].path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
    // Those without a key are in no table.
    const keyless = [
      'finishSingleSignOn get /v1/sso/callback',
      'getSignInOptions get /v1/sign-in-options',
      'logOutByBackChannel post /v1/sso/back-channel-logout',
      'startSingleSignOn get /v1/sso/start',
    ];
    expect(described.filter((line) => line.includes(' /v1/')).toSorted()).toEqual(
      [...routes, ...keyless].toSorted(),
    );
    expect(described.filter((line) => !line.includes(' /v1/'))).toHaveLength(8);
  });

  it('serve the API reference without external files', async () => {
    const page = await fetch(`${api.url}/docs`);
    const html = await page.text();
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(html).not.toMatch(/https?:\/\//);
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.length).toBeGreaterThanOrEqual(4);
    for (const file of files) {
      const response = await fetch(api.url + file);
      expect([file, response.status]).toEqual([file, 200]);
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
  });
});

/** Returns connections to a server that does not exist. */
function openNowhere() {
  const { pool, stop } = connect({
    url: 'postgresql://posthorn@127.0.0.1:1/nowhere',
    applicationName: 'posthorn api test',
  });
  const prisma = openPrisma(pool);
  const change = createChangeRunner({ prisma, connections: 4, onChange: () => {}, maxWaitMs: 60_000 });
  return { pool, stop, usesOfPrisma: { prisma, history: prisma, change } };
}

describe('without PostgreSQL', () => {
  let api: TestApi;
  const nowhere = openNowhere();
  beforeAll(async () => {
    api = await startApi({ pool: nowhere.pool, lookupPool: nowhere.pool, ...nowhere.usesOfPrisma });
  });
  afterAll(async () => {
    await api.close();
    await nowhere.stop();
  });

  it('responds with 503 and Retry-After', async () => {
    for (const response of [
      await api.admin.get('/v1/webhooks'),
      await api.admin.post('/v1/events', { type: 'a', data: {} }),
    ]) {
      expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  it('is live but not ready', async () => {
    expect((await api.client().get('/healthz')).status).toBe(200);
    expect(await api.client().get('/readyz')).toMatchObject({
      status: 503,
      body: { code: 'unavailable', detail: 'PostgreSQL is unavailable' },
    });
  });
});

describe('with PostgreSQL available for API keys only', () => {
  it('recognizes connection errors of Prisma', async () => {
    const nowhere = openNowhere();
    const api = await startApi(nowhere.usesOfPrisma);
    try {
      expect((await api.admin.get('/v1/webhooks')).status).toBe(503);
      const body = { url: 'http://127.0.0.1:1/', eventTypes: ['*'] };
      expect((await api.admin.post('/v1/webhooks', body)).status).toBe(503);
      expect((await api.admin.get('/v1/deliveries')).status).toBe(503);
    } finally {
      await api.close();
      await nowhere.stop();
    }
  });
});

describe('without Redis', () => {
  let api: TestApi;
  let deliveries: DeliveryQueue;
  // Runs before the hook of the fixture, whose connections it uses.
  afterAll(async () => {
    await api.close();
    await deliveries.stop();
  });
  const redis = useCuttableRedis();
  beforeAll(async () => {
    deliveries = await createDeliveryQueue(redis.settings);
    api = await startApi({ deliveries });
  });

  it('is ready and degraded even if Redis does not respond, and has metrics if it fails', async () => {
    const silent = await startApi();
    try {
      silent.deps.deliveries.ping = () => new Promise<never>(() => {});
      expect(await silent.client().get('/readyz')).toMatchObject({
        status: 200,
        body: { status: 'degraded', degradedBy: ['redis'] },
      });
      silent.deps.deliveries.depth = () => Promise.reject(new Error('gone'));
      expect((await silent.client().get('/metrics')).status).toBe(200);
    } finally {
      await silent.close();
    }
  });

  it('is ready, because it accepts events, and says that it is degraded', async () => {
    expect(await api.client().get('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ok', degradedBy: [] },
    });
    redis.proxy.cut();
    try {
      expect(await api.client().get('/readyz')).toMatchObject({
        status: 200,
        body: { status: 'degraded', degradedBy: ['redis'] },
      });
      expect((await api.admin.post('/v1/events', { type: 'a', data: {} })).status).toBe(202);
    } finally {
      redis.proxy.heal();
    }
    await eventually(async () =>
      expect((await api.client().get('/readyz')).body).toEqual({ status: 'ok', degradedBy: [] }),
    );
  });
});

describe('during shutdown', () => {
  it('is not ready, and still accepts requests', async () => {
    const api = await startApi({ stopping: AbortSignal.abort() });
    try {
      expect(await api.client().get('/readyz')).toMatchObject({
        status: 503,
        body: { code: 'unavailable', detail: 'This process is shutting down' },
      });
      expect((await api.client().get('/healthz')).status).toBe(200);
      expect((await api.admin.post('/v1/events', { type: 'a', data: {} })).status).toBe(202);
    } finally {
      await api.close();
    }
  });
});

describe('a server error', () => {
  it('is logged with its cause and not revealed', async () => {
    const api = await startApi({
      acceptor: {
        accept: () => Promise.reject(new Error('the inner workings')),
        acceptAll: () => Promise.reject(new Error('the inner workings')),
        assertShortWait() {},
      },
    });
    try {
      const response = await api.admin.post('/v1/events', { type: 'a', data: {} });
      expect(response).toMatchObject({ status: 500, body: { code: 'internal_error' } });
      expect(JSON.stringify(response.body)).not.toContain('inner workings');
      await eventually(() => expect(api.logs.join('\n')).toContain('the inner workings'));
    } finally {
      await api.close();
    }
  });
});
