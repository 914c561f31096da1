// Proxies of tenants and webhooks, their private networks, and the addresses that requests come from.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { createSender, parseOutboundRules, type Sender } from '@posthorn/outbound';
import {
  type ApiClient,
  createActiveWebhook,
  type EgressProxy,
  eventually,
  startHttpProxy,
} from '@posthorn/testkit';
import { startApi, type TestApi } from './start-api.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ egressAddresses: ['198.51.100.0/28', '2001:db8::/64'] });
const receiver = useReceiver(api);

const proxies: EgressProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function startProxy(options = {}): Promise<{ proxy: EgressProxy; url: string }> {
  const proxy = await startHttpProxy(options);
  proxies.push(proxy);
  return { proxy, url: `http://127.0.0.1:${proxy.port}` };
}

let count = 0;
async function createTenant(): Promise<{ id: string; key: string }> {
  return (await api.admin.post('/v1/tenants', { name: `tenant ${(count += 1)}` })).body;
}

const test = async (id: string) =>
  (await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' })).body;

describe('the egress settings of a tenant', () => {
  const USER = { url: 'http://proxy.internal:3128', username: 'user', password: 'pass-word' };

  it('are the settings of the installation at first', async () => {
    const { id } = await createTenant();
    expect((await api.admin.get(`/v1/tenants/${id}/egress`)).body).toEqual({
      proxy: null,
      privateNetworks: [],
    });
    expect((await api.admin.get('/v1/tenants/default/egress')).status).toBe(200);
    expect((await api.admin.get('/v1/tenants/system/egress')).status).toBe(404);
  });

  it('never show the password, which is sealed and kept until the proxy or its user changes', async () => {
    const { id } = await createTenant();
    const path = `/v1/tenants/${id}/egress`;
    const put = async (proxy: object | string | null) => (await api.admin.put(path, { proxy })).body.proxy;
    const shown = { url: USER.url, username: 'user', hasPassword: true, guards: false };
    expect(await put(USER)).toEqual(shown);
    expect((await api.admin.get(path)).body.proxy).toEqual(shown);
    const stored = async () => {
      const { rows } = await api.deps.pool.query('SELECT proxy_sealed AS sealed FROM tenant WHERE id = $1', [
        decodeId('tenant', id),
      ]);
      return rows[0].sealed;
    };
    expect(await stored()).not.toMatch(/pass-word|proxy\.internal/);
    const { url, username } = USER;
    expect(await put({ url, username, guards: true })).toEqual({ ...shown, guards: true });
    expect(await put({ url, username: 'other' })).toEqual({
      ...shown,
      username: 'other',
      hasPassword: false,
    });
    await put(USER);
    expect(await put({ url: 'http://other.internal:3128', username })).toMatchObject({ hasPassword: false });
    await put(USER);
    expect(await put({ url, username, password: null })).toMatchObject({ hasPassword: false });
    expect(await put('direct')).toBe('direct');
    expect(await put(null)).toBeNull();
    expect(await stored()).toBeNull();
    expect(api.logs.join('\n')).not.toContain('pass-word');
  });

  it('keep the password that the proxy has when it is changed', async () => {
    const { id } = await createTenant();
    const path = `/v1/tenants/${id}/egress`;
    await api.admin.put(path, { proxy: USER });
    const other = await api.deps.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('UPDATE tenant SET proxy_sealed = NULL WHERE id = $1', [decodeId('tenant', id)]);
      const { url, username } = USER;
      const change = api.admin.put(path, { proxy: { url, username } });
      await eventually(async () => {
        const { rowCount } = await api.deps.pool.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(rowCount).toBe(1);
      });
      await other.query('COMMIT');
      expect((await change).body.proxy).toMatchObject({ username, hasPassword: false });
    } finally {
      other.release();
    }
  });

  it.each([
    [{ url: 'ftp://proxy.example' }, 'proxy.url', 'not_proxy_url'],
    [{ url: 'http://169.254.169.254:80' }, 'proxy.url', 'url_not_allowed'],
    [{ url: 'socks5://[fe80::1]' }, 'proxy.url', 'url_not_allowed'],
    [{ url: 'http://a:b@proxy.example' }, 'proxy.url', 'proxy_credentials'],
    [{ url: 'http://proxy.example', password: 'a' }, 'proxy.username', 'required'],
    [{ url: 'socks5://proxy.example', username: 'a' }, 'proxy.password', 'required'],
    [{ url: 'http://proxy.example', username: 'a:b', password: 'c' }, 'proxy.username', 'pattern_mismatch'],
  ])('reject %j', async (proxy, path, code) => {
    const { status, body } = await api.admin.put('/v1/tenants/default/egress', { proxy });
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ path, code })]]);
  });

  it('are in no response that the tenant reads, and a hash in the audit log of operators', async () => {
    const { id } = await createTenant();
    const { key } = (await api.admin.post('/v1/api-keys', { tenantId: id, scopes: ['admin'] })).body;
    const own = api.client(key);
    const webhook = (await own.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a.b'] })).body;
    await api.admin.put(`/v1/tenants/${id}/egress`, { proxy: USER });
    await api.admin.put(`/v1/webhooks/${webhook.id}/egress`, { proxy: USER });
    expect((await own.get(`/v1/tenants/${id}/egress`)).status).toBe(403);
    const texts = await Promise.all(
      [`/v1/tenants/${id}`, `/v1/webhooks/${webhook.id}`, '/v1/audit-entries'].map(async (path) =>
        JSON.stringify((await own.get(path)).body),
      ),
    );
    for (const text of texts) expect(text).not.toMatch(/pass-word|proxy/);
    const { data } = (await api.admin.get(`/v1/audit-entries?tenantId=${id}`)).body;
    const changes = data.map(({ action, after }: { action: string; after: object }) => [action, after]);
    const hidden = { proxy: expect.stringMatching(/^\[redacted [0-9a-f]{8}\]$/) };
    expect(changes).toEqual(
      expect.arrayContaining([
        ['tenant.updated', hidden],
        ['webhook.updated', hidden],
      ]),
    );
  });
});

describe('a proxy', () => {
  it('of the tenant is used for validations and tests, unless the webhook has another setting', async () => {
    const { proxy, url } = await startProxy({ username: 'user', password: 'secret' });
    const { id: tenantId } = await createTenant();
    await api.admin.put(`/v1/tenants/${tenantId}/egress`, {
      proxy: { url, username: 'user', password: 'secret' },
    });
    const { id } = await createActiveWebhook(api.admin, receiver, { tenantId });
    expect(proxy.targets).toHaveLength(1);
    expect(await test(id)).toMatchObject({ succeeded: true });
    await api.admin.put(`/v1/webhooks/${id}/egress`, { proxy: 'direct' });
    const before = proxy.connectionCount();
    expect(await test(id)).toMatchObject({ succeeded: true });
    expect(proxy.connectionCount()).toBe(before);
    await api.admin.put(`/v1/webhooks/${id}/egress`, { proxy: { url, username: 'user', password: 'wrong' } });
    expect(await test(id)).toMatchObject({
      succeeded: false,
      error: {
        code: 'proxy_authentication_required',
        message: 'The egress proxy requires other credentials',
      },
    });
  });

  it('that is down fails a validation without counting it', async () => {
    const { proxy, url } = await startProxy();
    const { id: tenantId } = await createTenant();
    await api.admin.put(`/v1/tenants/${tenantId}/egress`, { proxy: { url } });
    await proxy.close();
    proxies.length = 0;
    const webhook = { url: receiver.url, eventTypes: ['a.b'], tenantId };
    const { id } = (await api.admin.post('/v1/webhooks', webhook)).body;
    // More than a webhook may have that are not confirmed.
    for (let attempt = 0; attempt < 120; attempt += 1) {
      const { body } = await api.admin.post(`/v1/webhooks/${id}/validation`);
      expect(body.code).toBe('validation_delivery_failed');
    }
  });

  it('is not for webhooks that get no requests', async () => {
    const { id } = (await api.admin.post('/v1/webhooks', { delivery: 'pull', eventTypes: ['a.b'] })).body;
    expect((await api.admin.put(`/v1/webhooks/${id}/egress`, { proxy: 'direct' })).status).toBe(409);
    expect((await api.admin.get(`/v1/webhooks/${id}/egress`)).body).toEqual({ proxy: null });
  });

  it('is removed with the webhook', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    await api.admin.put(`/v1/webhooks/${id}/egress`, { proxy: 'direct' });
    await api.admin.delete(`/v1/webhooks/${id}`);
    expect((await api.admin.get(`/v1/webhooks/${id}/egress`)).status).toBe(404);
    const { rows } = await api.deps.pool.query('SELECT proxy_sealed AS sealed FROM webhook WHERE id = $1', [
      decodeId('webhook', id),
    ]);
    expect(rows).toEqual([{ sealed: null }]);
  });
});

const withLogin = (address: string) => ({
  url: 'https://receiver.example/',
  eventTypes: ['a.b'],
  auth: { type: 'oauth2', tokenUrl: `http://${address}/token`, clientId: 'a', clientSecret: 'b' },
});

describe('private networks', () => {
  let closed: TestApi;
  let sender: Sender;
  beforeAll(async () => {
    const outbound = parseOutboundRules({ http: true, ports: '*', privateNetworks: ['127.0.0.0/8'] });
    sender = createSender(outbound);
    closed = await startApi({ outbound, sender });
  });
  afterAll(async () => {
    await closed.close();
    await sender.stop();
  });

  it('are reachable for the tenant that has them, and for no other', async () => {
    const inner = await closed.receiver();
    inner.handle(({ json }) => ({ body: JSON.stringify({ code: json().data.code }) }));
    const { id: tenantId } = (await closed.admin.post('/v1/tenants', { name: 'inside' })).body;
    const create = async (more: object) =>
      closed.admin.post('/v1/webhooks', { url: inner.url, eventTypes: ['a.b'], ...more });
    expect((await create({ tenantId })).body.code).toBe('url_not_allowed');
    const egress = { privateNetworks: ['127.0.0.0/16'] };
    expect((await closed.admin.put(`/v1/tenants/${tenantId}/egress`, egress)).body).toEqual({
      proxy: null,
      ...egress,
    });
    const { status, body: webhook } = await create({ tenantId });
    expect(status).toBe(201);
    expect((await closed.admin.post(`/v1/webhooks/${webhook.id}/validation`)).body.status).toBe('confirmed');
    expect((await create({})).body.code).toBe('url_not_allowed');
    const url = inner.url.replace('127.0.0.1', '127.1.0.1');
    expect((await closed.admin.patch(`/v1/webhooks/${webhook.id}`, { url })).body.code).toBe(
      'url_not_allowed',
    );
    expect((await closed.admin.patch(`/v1/webhooks/${webhook.id}`, { url: inner.url })).status).toBe(200);
    await closed.admin.put(`/v1/tenants/${tenantId}/egress`, {});
    const { body: result } = await closed.admin.post(`/v1/webhooks/${webhook.id}/test`, { eventType: 'a.b' });
    expect(result).toMatchObject({ succeeded: false, error: { code: 'blocked_address' } });
    expect(inner.requests).toHaveLength(1);
  });

  it('may have the token endpoints of the tenant that has them, and of no other', async () => {
    const { id: tenantId } = (await closed.admin.post('/v1/tenants', { name: 'with a login' })).body;
    await closed.admin.put(`/v1/tenants/${tenantId}/egress`, { privateNetworks: ['127.0.0.0/16'] });
    const [inside, outside] = [withLogin('127.0.0.1'), withLogin('127.1.0.1')];
    const refusal = { code: 'url_not_allowed', errors: [{ path: 'auth.tokenUrl' }] };
    const create = async (body: object) => (await closed.admin.post('/v1/webhooks', body)).body;
    const { id } = await create({ ...inside, tenantId });
    expect(id).toBeDefined();
    expect(await create({ ...outside, tenantId })).toMatchObject(refusal);
    expect(await create(inside)).toMatchObject(refusal);
    const update = async ({ auth }: { auth: object }) => closed.admin.patch(`/v1/webhooks/${id}`, { auth });
    expect((await update(inside)).status).toBe(200);
    expect((await update(outside)).body).toMatchObject(refusal);
    for (const name of ['put', 'put again']) {
      const put = async (body: object) =>
        closed.admin.put(`/v1/webhooks/ext:login?tenantId=${tenantId}`, { ...body, description: name });
      expect((await put(outside)).body).toMatchObject(refusal);
      expect([200, 201]).toContain((await put(inside)).status);
    }
    for (const name of ['import', 'import again']) {
      const imported = async (body: object) =>
        closed.admin.put(`/v1/webhooks/ext:imported/import?tenantId=${tenantId}`, {
          ...body,
          source: 'Test',
          description: name,
        });
      expect((await imported(outside)).body).toMatchObject(refusal);
      expect([200, 201]).toContain((await imported(inside)).status);
    }
  });

  it('are hidden from the tenant in the audit log', async () => {
    const { id } = (await closed.admin.post('/v1/tenants', { name: 'hidden' })).body;
    await closed.admin.put(`/v1/tenants/${id}/egress`, { privateNetworks: ['127.0.0.0/16'] });
    const changes = async (client: ApiClient) =>
      (await client.get(`/v1/audit-entries?target=${id}`)).body.data
        .filter(({ action }: { action: string }) => action === 'tenant.updated')
        .map(({ before, after }: { before: object; after: object }) => [before, after]);
    expect(await changes(closed.admin)).toEqual([
      [{ privateNetworks: [] }, { privateNetworks: ['127.0.0.0/16'] }],
    ]);
    const { key } = (await closed.admin.post('/v1/api-keys', { tenantId: id, scopes: ['admin:read'] })).body;
    expect(await changes(closed.client(key))).toEqual([[{}, {}]]);
  });

  it.each([
    [['10.0.0.0/8'], 'privateNetworks[0]', 'network_not_open'],
    [['127.0.0.0/16', '126.0.0.0/7'], 'privateNetworks[1]', 'network_not_open'],
    [['127.0.0.1'], 'privateNetworks[0]', 'not_network'],
  ])('%j are rejected', async (privateNetworks, path, code) => {
    const { status, body } = await closed.admin.put('/v1/tenants/default/egress', { privateNetworks });
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ path, code })]]);
  });
});

describe('the egress addresses', () => {
  const PATH = '/.well-known/webhook-egress';

  it('are public', async () => {
    const response = await fetch(api.url + PATH);
    expect([response.status, await response.json()]).toEqual([
      200,
      { addresses: ['198.51.100.0/28', '2001:db8::/64'] },
    ]);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  });

  it('are not found if they are not set', async () => {
    const other = await startApi();
    try {
      const response = await fetch(other.url + PATH);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'not_found' });
    } finally {
      await other.close();
    }
  });
});
