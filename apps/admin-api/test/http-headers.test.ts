import { EventEmitter, once } from 'node:events';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { OPERATION_IDS, type OperationId, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { encodeId, newId } from '@posthorn/core';
import type { ApiResponse } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const createTwice = () => api.admin.post('/v1/api-keys', { name: 'twice' }, { 'idempotency-key': 'twice' });

const WEBHOOK = () => ({ url: receiver.url, eventTypes: ['a'] });

/** A call of each route that creates a resource and returns its location. */
const CREATIONS: Partial<Record<OperationId, () => Promise<ApiResponse>>> = {
  createWebhook: () => api.admin.post('/v1/webhooks', WEBHOOK()),
  putWebhook: () => api.admin.put('/v1/webhooks/ext:located', WEBHOOK()),
  importWebhook: () =>
    api.admin.put('/v1/webhooks/ext:imported/import', { ...WEBHOOK(), source: 'Test', secrets: [] }),
  createTenant: () => api.admin.post('/v1/tenants', { name: 'located' }),
  putTenant: () => api.admin.put('/v1/tenants/ext:located', { name: 'put' }),
  createApiKey: () => api.admin.post('/v1/api-keys', { name: 'located' }),
  async rotateApiKey() {
    const { body } = await api.admin.post('/v1/api-keys', { name: 'rotated' });
    return api.admin.post(`/v1/api-keys/${body.id}/rotate`);
  },
  createEventType: () => api.admin.post('/v1/event-types', { name: 'a.located' }),
};

const creating = OPERATION_IDS.filter((id) => 201 in ROUTES[id].responses);
const locationOf = (id: OperationId) => (ROUTES[id] as RouteDefinition).responses[201]?.location;

describe('a created resource', () => {
  it.each(creating.filter(locationOf))('can be read at its Location: %s', async (id) => {
    const created = await CREATIONS[id]?.();
    expect(created?.status).toBe(201);
    const location = created?.headers.get('location') ?? '';
    const { status, body } = await api.admin.get(location);
    expect(status).toBe(200);
    expect(location).toBe(`${location.slice(0, location.lastIndexOf('/'))}/${body.id ?? body.name}`);
  });

  it('has no Location only if it can be read in a list alone', () => {
    expect(creating.filter((id) => !locationOf(id)).toSorted()).toEqual([
      'addRecipient',
      'createPortalLink',
      'createSigningKey',
    ]);
  });

  it('has the same Location in a stored response', async () => {
    const [first, second] = [await createTwice(), await createTwice()];
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
  });

  it.each(['webhooks', 'tenants'])(
    'cannot be put by an id of ours, and the error says how: %s',
    async (kind) => {
      const id = kind === 'webhooks' ? encodeId('webhook', newId()) : encodeId('tenant', newId());
      const { status, body } = await api.admin.put(`/v1/${kind}/${id}`, {});
      expect([status, body.detail]).toEqual([404, expect.stringContaining(`/v1/${kind}/ext:…`)]);
      expect(body.detail).toContain('use PATCH');
    },
  );
});

describe('HEAD', () => {
  it.each(['/v1/webhooks', '/v1/tenants/default', '/healthz', '/openapi.json', '/docs/errors'])(
    'has the headers of GET and no body: %s',
    async (path) => {
      const headers = { authorization: `Bearer ${api.adminKey}`, 'x-request-id': 'same' };
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map(async (method) => fetch(api.url + path, { method, headers })),
      );
      expect([head?.status, await head?.text()]).toEqual([200, '']);
      for (const name of ['content-type', 'etag', 'cache-control', 'x-request-id', 'ratelimit-policy'])
        expect([name, head?.headers.get(name)]).toEqual([name, get?.headers.get(name)]);
    },
  );
});

describe('a PATCH', () => {
  it('may be a JSON Merge Patch', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const type = { 'content-type': 'application/merge-patch+json' };
    const patched = await api.admin.patch(`/v1/webhooks/${id}`, { description: 'merged' }, type);
    expect([patched.status, patched.body.description]).toEqual([200, 'merged']);
    expect((await api.admin.post('/v1/webhooks', {}, type)).status).toBe(415);
  });
});

describe('the limit of calls in progress', () => {
  it('is in each response of a call that it counts', async () => {
    const tenant = await api.admin.post('/v1/tenants', { name: 'limited calls' });
    const counted = await api.client(tenant.body.key).get('/v1/webhooks');
    expect(counted.headers.get('ratelimit-policy')).toBe('"calls";q=200;qu="concurrent-requests"');
    expect(counted.headers.get('ratelimit')).toBe('"calls";r=199');
    const failed = await api.client(tenant.body.key).get('/v1/webhooks?limit=0');
    expect(failed.headers.get('ratelimit')).toBe('"calls";r=199');
    const unknown = await api.client('phk_unknown').get('/v1/webhooks');
    expect(unknown.headers.get('ratelimit')).toBeNull();
  });
});

describe('the rate of events', () => {
  it('is in each response of a tenant that has one', async () => {
    const quotas = { eventsPerSecond: 3 };
    const tenant = await api.admin.post('/v1/tenants', { name: 'limited events', quotas });
    const client = api.client(tenant.body.key);
    const publish = () => client.post('/v1/events', { type: 'a', data: {} });

    const first = await publish();
    expect(first.headers.get('ratelimit-policy')).toBe('"events";q=3;w=1');
    expect(first.headers.get('ratelimit')).toMatch(/^"events";r=[12]$/);
    const events = Array.from({ length: 100 }, () => ({ type: 'a', data: {} }));
    const batch = await client.post('/v1/events/batch', { events });
    expect([batch.status, batch.headers.get('ratelimit')]).toEqual([202, '"events";r=0']);
    const refused = await publish();
    expect([refused.status, refused.body.code]).toEqual([429, 'quota_exceeded']);
    const retryAfter = refused.headers.get('retry-after') ?? '';
    expect(Number(retryAfter)).toBeGreaterThan(1);
    expect(refused.headers.get('ratelimit')).toBe(`"events";r=0;t=${retryAfter}`);

    const unlimited = await api.admin.post('/v1/events', { type: 'a', data: {} });
    expect(unlimited.headers.get('ratelimit')).toBeNull();
  });
});

describe('a temporary error', () => {
  it('says when to retry: a request with the same Idempotency-Key in progress', async () => {
    const { path, ...call } = await callInProgress();
    const second = await api.admin.post(path, {}, { 'idempotency-key': 'held' });
    expect([second.status, second.body.code]).toEqual([409, 'idempotency_in_progress']);
    expect(second.headers.get('retry-after')).toBe('1');
    await call.end();
  });
});

/** Starts a call with the Idempotency-Key `held` that waits for its receiver. */
async function callInProgress(): Promise<{ path: string; end: () => Promise<void> }> {
  const { id } = await createWebhook(api.admin, receiver);
  const path = `/v1/webhooks/${id}/validation`;
  const receiving = new EventEmitter();
  receiver.handle(async () => {
    await once(receiving, 'released');
    return { status: 200 };
  });
  const before = receiver.requests.length;
  const call = api.admin.post(path, {}, { 'idempotency-key': 'held' });
  await receiver.waitFor(before + 1);
  return {
    path,
    end: async () => {
      receiving.emit('released');
      await call;
    },
  };
}

/** Gets the OpenAPI document without the decompression of `fetch`. */
const getDocument = async (headers: Record<string, string>) =>
  new Promise<{ status?: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      request(`${api.url}/openapi.json`, { headers }, (response) => {
        const { statusCode: status, headers: received } = response;
        buffer(response).then((body) => resolve({ status, headers: received, body }), reject);
      })
        .on('error', reject)
        .end();
    },
  );

describe('the OpenAPI document', () => {
  it('is compressed on request, and cached with its own tag', async () => {
    const plain = await getDocument({});
    const zipped = await getDocument({ 'accept-encoding': 'br, gzip' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers).toMatchObject({
      'content-encoding': 'gzip',
      'cache-control': 'public, no-cache',
      vary: 'accept-encoding',
    });
    expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
    expect(zipped.body.length).toBeLessThan(plain.body.length / 4);
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);

    for (const [condition, encoding, status] of [
      [plain.headers.etag, 'identity', 304],
      [zipped.headers.etag, 'gzip', 304],
      [plain.headers.etag, 'gzip', 200],
    ] as const) {
      const again = await getDocument({ 'if-none-match': String(condition), 'accept-encoding': encoding });
      expect([again.status, again.body.length > 0]).toEqual([status, status === 200]);
    }
  });
});

describe('GET by id', () => {
  it('returns an API key, only to its tenant', async () => {
    const { body: created } = await api.admin.post('/v1/api-keys', { name: 'one', scopes: ['admin'] });
    const { key: _key, ...shown } = created;
    expect(await api.admin.get(`/v1/api-keys/${created.id}`)).toMatchObject({ status: 200, body: shown });
    await api.admin.delete(`/v1/api-keys/${created.id}`);
    const revoked = await api.admin.get(`/v1/api-keys/${created.id}`);
    expect(revoked.body.revokedAt).not.toBeNull();

    const tenantId = (await api.admin.post('/v1/tenants', { name: 'keys' })).body.id;
    const own = (await api.admin.post('/v1/api-keys', { tenantId, scopes: ['admin'] })).body;
    expect((await api.client(own.key).get(`/v1/api-keys/${own.id}`)).status).toBe(200);
    expect((await api.client(own.key).get(`/v1/api-keys/${created.id}`)).status).toBe(404);
  });

  it('returns a rejected event, only to its tenant', async () => {
    const id = newId();
    await api.deps.pool.query(
      `INSERT INTO rejected_event (id, tenant_id, source, code, message, payload)
       SELECT $1, id, 'queue', 'invalid_input', 'is required', '{}' FROM tenant WHERE name = 'default'`,
      [id],
    );
    const path = `/v1/rejected-events/${encodeId('rejectedEvent', id)}`;
    expect(await api.admin.get(path)).toMatchObject({ status: 200, body: { message: 'is required' } });
    const { key } = (await api.admin.post('/v1/tenants', { name: 'rejected' })).body;
    expect((await api.client(key).get(path)).status).toBe(404);
  });
});
