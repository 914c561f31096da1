import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, newId } from '@posthorn/core';
import { deliveriesOf, setDue } from '@posthorn/database/fixtures';
import { eventually, type Receiver, createActiveWebhook } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { OverviewFeed } from '../src/overview/overview-feed.js';
import { createOpenLimiter, STREAM_LIMITS } from '../src/http/open-limiter.js';
import { type Caller, limitedKeyOf } from '../src/access/authenticate.js';
import { whenClosed } from '../src/http/when-closed.js';
import { signIn } from './sign-in.js';
import { startApi, type TestApi } from './start-api.js';

const NONE = { total: 0, accessToken: 0, paused: 0, rateLimit: 0, window: 0 };
const EMPTY = {
  time: '2026-01-01T00:00:00.000Z',
  workers: null,
  lanes: null,
  pending: { total: 0, isComplete: true, queued: 0, retrying: 0, held: NONE },
};

let api: TestApi;

/** Starts one API for the tests of a describe block. */
function useApi(): void {
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.close());
}

interface Stream {
  response: IncomingMessage;
  /** Everything received so far. */
  text: () => string;
  ended: Promise<unknown>;
}

async function follow(key = api.adminKey): Promise<Stream> {
  const request = get(`${api.url}/v1/overview/live`, { headers: { authorization: `Bearer ${key}` } });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('no response');
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { response, text: () => text, ended: once(response, 'close') };
}

const events = ({ text }: Stream) => [...text().matchAll(/^event: overview\ndata: (.*)\n\n/gm)];

describe('GET /v1/overview', () => {
  let receiver: Receiver;
  useApi();
  beforeAll(async () => {
    receiver = await api.receiver();
  });

  it('shows the whole system to an operator', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    await createWebhook(api.admin, receiver);
    const event = (await api.admin.post('/v1/events', { type: 'a.b', data: {} })).body.id;
    const eventId = decodeId('event', event) ?? '';
    await setDue(api.deps.pool, await deliveriesOf(api.deps.pool, { eventId }), -60_000);
    const { status, body } = await api.admin.get('/v1/overview');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      workers: { processes: 0 },
      webhooks: { active: 1, suspended: 0, pendingValidation: 1 },
    });
    expect(body.lanes.map(({ lane }: { lane: string }) => lane)).toEqual(['fast', 'slow', 'retry', 'replay']);
    expect(body.lanes[0].waiting).toBe(1);
    expect(body.lanes[0].oldestDueSeconds).toBeGreaterThanOrEqual(60);
    expect(body.lanes[1]).toEqual({ lane: 'slow', oldestDueSeconds: null, waiting: 0 });
    await api.admin.delete(`/v1/webhooks/${id}`);
  });

  it('shows a tenant only its own webhooks', async () => {
    await createActiveWebhook(api.admin, receiver);
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'small' });
    await createWebhook(api.client(tenant.key), receiver);
    const expected = {
      workers: null,
      lanes: null,
      webhooks: { active: 0, suspended: 0, pendingValidation: 1 },
    };
    expect((await api.client(tenant.key).get('/v1/overview')).body).toMatchObject(expected);
    expect((await api.admin.get(`/v1/overview?tenantId=${tenant.id}`)).body).toMatchObject(expected);
  });
});

describe('GET /v1/overview/live', () => {
  useApi();

  it('sends an overview immediately and after each interval, until the client disconnects', async () => {
    const stream = await follow();
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    });
    await eventually(() => expect(events(stream).length).toBeGreaterThanOrEqual(1));
    expect(stream.text()).toMatch(/^retry: 2000\n\n/);
    expect(JSON.parse(events(stream)[0]?.[1] ?? '')).toMatchObject({ webhooks: { active: 0 } });
    await eventually(() => expect(events(stream).length).toBeGreaterThanOrEqual(2));
    expect(api.deps.overview.pollers).toBe(1);
    stream.response.destroy();
    await eventually(() => expect(api.deps.overview.pollers).toBe(0));
  });

  it('ends when the key is revoked', async () => {
    const { id, key } = (await api.admin.post('/v1/api-keys', { scopes: ['deliveries:read'] })).body;
    const stream = await follow(key);
    await eventually(() => expect(events(stream).length).toBeGreaterThanOrEqual(1));
    await api.deps.pool.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [
      decodeId('apiKey', id),
    ]);
    await stream.ended;
    expect(stream.response.complete).toBe(true);
  });

  it('rejects HEAD', async () => {
    const headers = { authorization: `Bearer ${api.adminKey}` };
    const response = await fetch(`${api.url}/v1/overview/live`, { method: 'HEAD', headers });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
    await eventually(() => expect(api.deps.overview.pollers).toBe(0));
  });

  it('does not delay shutdown', async () => {
    const stream = await follow();
    const closed = api.close();
    await stream.ended;
    expect(stream.response.complete).toBe(true);
    await closed;
    api = await startApi();
  });
});

const parent = (id: string) => ({ id, name: '', kind: 'key' as const, prefix: '', expiresAt: null });

describe('the number of streams', () => {
  const LIMITS = { ...STREAM_LIMITS, perKey: 2, perTenant: 3, total: 6 };

  /** Opens a stream of a caller and returns the name of the reached limit, or a function that closes the stream. */
  function limiter() {
    const openStream = createOpenLimiter(LIMITS);
    return ({ tenantId = null, ...caller }: Partial<Caller>) => {
      try {
        return openStream({
          keyId: limitedKeyOf({ id: newId(), kind: 'key', parent: null, ...caller }),
          tenantId,
        });
      } catch (error) {
        return String(error);
      }
    };
  }
  const OPEN = expect.any(Function);

  it('is limited for a key and its sessions together', () => {
    const open = limiter();
    const session = () => open({ kind: 'session', parent: parent('key') });
    expect([open({ id: 'key' }), session()]).toEqual([OPEN, OPEN]);
    expect(session()).toMatch(/API key .* already has 2 open streams/);
    expect(open({ id: 'key' })).toMatch(/API key/);
    expect(open({ id: 'other' })).toEqual(OPEN);
  });

  it('is limited for all keys, sessions and portal links of a tenant together', () => {
    const open = limiter();
    const portal = () => open({ kind: 'portal', parent: parent('key'), tenantId: 'one' });
    expect([portal(), portal(), open({ tenantId: 'one' })]).toEqual([OPEN, OPEN, OPEN]);
    expect(portal()).toMatch(/tenant already has 3 open streams/);
    expect(open({ tenantId: 'one' })).toMatch(/tenant/);
    expect(open({ tenantId: 'two' })).toEqual(OPEN);
  });

  it('is limited in total', () => {
    const open = limiter();
    expect(Array.from({ length: 6 }, () => open({}))).toEqual(Array(6).fill(OPEN));
    expect(open({})).toMatch(/process already has 6 open streams/);
  });

  it('counts no stream that was refused or has ended', () => {
    const open = limiter();
    const first = open({ id: 'key', tenantId: 'one' });
    open({ id: 'key', tenantId: 'one' });
    for (const _ of Array(9)) expect(open({ id: 'key', tenantId: 'one' })).toMatch(/API key/);
    expect(open({ tenantId: 'one' })).toEqual(OPEN);
    if (typeof first === 'string') throw new Error(first);
    first();
    expect(open({ id: 'key', tenantId: 'one' })).toEqual(OPEN);
  });

  it('no longer includes a stream whose client disconnected before it began', () => {
    let closed = 0;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this property is read
    whenClosed({ closed: true } as Parameters<typeof whenClosed>[0], () => (closed += 1));
    expect(closed).toBe(1);
  });

  describe('over HTTP', () => {
    beforeAll(async () => {
      api = await startApi({ openStream: createOpenLimiter(LIMITS) });
    });
    afterAll(() => api.close());

    it('is refused with 429 also in another session, until a stream ends', async () => {
      const streams = await Promise.all([follow(), follow()]);
      expect(streams.map(({ response }) => response.statusCode)).toEqual([200, 200]);
      const session = await signIn(api, api.adminKey);
      const rejected = await session.get('/v1/overview/live');
      expect(rejected).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
      expect(rejected.headers.get('retry-after')).toBe('10');
      expect(api.deps.overview.pollers).toBe(1);
      streams[0]?.response.destroy();
      await eventually(async () => expect((await follow()).response.statusCode).toBe(200));
    });
  });
});

describe('the feed', () => {
  it('reads once for concurrent requests of one tenant', async () => {
    const reads: (string | null)[] = [];
    const health = { healthy: 1, throttled: 0, failing: 0 };
    const webhooks = { active: 1, suspended: 0, pendingValidation: 0, health };
    const feed = new OverviewFeed({
      read: (tenantId) => Promise.resolve(Object.assign({ webhooks, count: reads.push(tenantId) }, EMPTY)),
      everyMs: 2000,
      freshMs: 60_000,
    });
    const tenant = newId();
    await Promise.all([feed.latest(null), feed.latest(null), feed.latest(tenant), feed.latest(tenant)]);
    expect(reads).toEqual([null, tenant]);
  });

  it('notifies listeners of failed reads and continues', async () => {
    const received: unknown[] = [];
    const feed = new OverviewFeed({
      read: () => Promise.reject(new Error('unavailable')),
      everyMs: 10,
      freshMs: 1000,
    });
    const leave = feed.follow(null, (overview) => received.push(overview));
    await eventually(() => expect(received.length).toBeGreaterThan(2));
    leave();
    expect(new Set(received)).toEqual(new Set([null]));
    expect(feed.pollers).toBe(0);
  });
});
