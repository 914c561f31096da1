import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATION_IDS, type OperationId, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { PORTAL_FEATURES } from '@posthorn/core';
import { closeAuditRepeats } from '@posthorn/database/audit';
import { createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { signIn } from './sign-in.js';
import { startApi } from './start-api.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);
let tenant: { id: string; key: string; admin: CheckedClient; adminKey: { id: string; key: string } };
beforeAll(async () => {
  const { body } = await api.admin.post('/v1/tenants', { name: 'customer' });
  const adminKey = (await api.admin.post('/v1/api-keys', { tenantId: body.id, scopes: ['admin'] })).body;
  tenant = { id: body.id, key: body.key, admin: api.client(adminKey.key), adminKey };
});

async function createLink(fields: Record<string, unknown> = {}, client = api.admin) {
  const { status, body } = await client.post('/v1/portal-links', { tenantId: tenant.id, ...fields });
  expect(status).toBe(201);
  const url = new URL(body.url);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const portal = api.client(fragment.get('token') ?? '');
  return { id: body.id, url, fragment, portal, expiresAt: body.expiresAt };
}

/** Creates a link with a request to another name of the API. `fetch` does not set a Host header. */
async function createLinkAt(host: string, { url, adminKey } = api) {
  const headers = { host, authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
  const call = request(`${url}/v1/portal-links`, { method: 'POST', headers });
  call.end(JSON.stringify({ tenantId: 'default' }));
  const [response]: IncomingMessage[] = await once(call, 'response');
  if (!response) throw new Error('no response');
  return { status: response.statusCode, body: await json(response) };
}

const minutesUntil = (time: string) => Math.round((new Date(time).getTime() - Date.now()) / 60_000);

describe('a portal link', () => {
  it('uses the origin of the request, with its id in the query and its token in the fragment', async () => {
    const { url, fragment, portal, expiresAt } = await createLink();
    expect(url.origin + url.pathname).toBe(`${api.url}/portal`);
    expect(url.searchParams.get('link')).toBe((await portal.get('/v1/session')).body.holder.id);
    expect(fragment.get('token')).toMatch(/^php_[\w-]{43}$/);
    expect(minutesUntil(expiresAt)).toBe(60);
    expect(minutesUntil((await createLink({ expiresInMinutes: 5 })).expiresAt)).toBe(5);
  });

  it('does not reveal the key that created it', async () => {
    const { portal, expiresAt } = await createLink();
    const { body } = await portal.get('/v1/session');
    expect(body).toMatchObject({
      holder: { kind: 'portalLink', name: 'portal', tenantId: tenant.id },
      expiresAt,
    });
    expect(body.holder.prefix).toMatch(/^php_/);
    const keys = (await api.admin.get('/v1/api-keys?limit=200')).body.data;
    expect(keys.map(({ id }: { id: string }) => id)).not.toContain(body.holder.id);
  });

  it.each([
    { tenantId: 'ten_01jw000000e008000000000001', status: 404 },
    { tenantId: undefined, status: 422 },
    { expiresInMinutes: 4, status: 422 },
    { expiresInMinutes: 1441, status: 422 },
    { theme: { accentColor: 'red; background: url(//evil.example)' }, status: 422 },
    { theme: { logoUrl: 'http://cdn.example/logo.svg' }, status: 422 },
    { theme: { logoUrl: 'javascript:alert(1)' }, status: 422 },
    { theme: { logoUrl: 'https://x;sandbox/logo.png' }, status: 422 },
    { theme: { logoUrl: 'https://x,y.example/logo.png' }, status: 422 },
    { theme: { logoUrl: "https://'unsafe-inline'/logo.png" }, status: 422 },
    { theme: { logoUrl: 'data:text/html;base64,PHA+' }, status: 422 },
    { theme: { logoUrl: 'https://cdn.example/a\0b.svg' }, status: 422 },
    { theme: { logoUrl: 'https://cdn.example/a\ud800b.svg' }, status: 422 },
    { theme: { fontFamily: 'Arial; background: url(//evil.example)' }, status: 422 },
    { theme: { fontFamily: 'url(//evil.example/font.woff2)' }, status: 422 },
    { theme: { radius: '6px' }, status: 422 },
    { theme: { css: 'body { display: none }' }, status: 422 },
    { theme: { productName: 'a'.repeat(61) }, status: 422 },
    { strings: { Webhooks: 'a'.repeat(201) }, status: 422 },
    { language: 'xx', status: 422 },
    { parentOrigins: ['https://app.example/path'], status: 422 },
    { parentOrigins: ['http://app.example'], status: 422 },
    { parentOrigins: ['https://*.example'], status: 422 },
    { parentOrigins: ["https://a.example; script-src 'unsafe-inline'"], status: 422 },
    { returnUrl: 'http://app.example/', status: 422 },
    { returnUrl: 'javascript:alert(1)', status: 422 },
    { returnUrl: 'https://user:password@app.example/', status: 422 },
    { features: { everything: true }, status: 422 },
  ])('is rejected for %j', async ({ status, ...fields }) => {
    const body = { tenantId: tenant.id, ...fields };
    expect((await api.admin.post('/v1/portal-links', body)).status).toBe(status);
  });

  it('is rejected for a logo or words of more than their maximum size', async () => {
    const logoUrl = `data:image/png;base64,${'A'.repeat(16_384)}`;
    const strings = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`text ${index}`, 'a']));
    for (const fields of [{ theme: { logoUrl } }, { strings }]) {
      const body = { tenantId: tenant.id, ...fields };
      expect((await api.admin.post('/v1/portal-links', body)).status).toBe(422);
    }
  });

  it('is created only by admins of the tenant', async () => {
    const body = { tenantId: tenant.id };
    expect((await api.client(tenant.key).post('/v1/portal-links', body)).status).toBe(403);
    expect((await tenant.admin.post('/v1/portal-links', { tenantId: 'default' })).status).toBe(404);
    const { portal } = await createLink({}, tenant.admin);
    expect((await portal.post('/v1/portal-links', body)).status).toBe(403);
    expect((await portal.post('/v1/api-keys', {})).status).toBe(403);
    expect((await portal.post('/v1/events', { type: 'a.b', data: {} })).status).toBe(403);
    expect((await portal.get('/v1/audit-entries')).status).toBe(403);
  });

  it('expires with its parent key, also if created by a session', async () => {
    const parent = (await api.admin.post('/v1/api-keys', { tenantId: tenant.id, scopes: ['admin'] })).body;
    const page = await signIn(api, parent.key);
    const { portal, expiresAt } = await createLink({ expiresInMinutes: 1440 }, page);
    expect(minutesUntil(expiresAt)).toBe(720);
    await page.delete('/v1/session');
    expect((await portal.get('/v1/webhooks')).status).toBe(200);
    await api.admin.delete(`/v1/api-keys/${parent.id}`);
    expect((await portal.get('/v1/webhooks')).status).toBe(401);
  });

  it('ends on sign-out', async () => {
    const { portal } = await createLink();
    expect((await portal.delete('/v1/session')).status).toBe(204);
    expect((await portal.get('/v1/webhooks')).status).toBe(401);
  });
});

describe('a portal link without POSTHORN_PUBLIC_URL', () => {
  it.each(['localhost:9000', '127.0.0.1', '[::1]:8080'])(
    'begins with the address of a request to %s',
    async (host) => {
      expect(await createLinkAt(host)).toMatchObject({
        status: 201,
        body: { url: expect.stringContaining(`http://${host}/portal?link=key_`) },
      });
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    '127.0.0.1.evil.example',
    '192.168.0.1:8080',
  ])('is refused for a request to %s, naming the setting', async (host) => {
    expect(await createLinkAt(host)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', detail: expect.stringContaining('POSTHORN_PUBLIC_URL') },
    });
  });

  it('does not follow X-Forwarded-Host of a trusted proxy', async () => {
    const behindProxy = await startApi({ trustProxy: ['127.0.0.1/32'] });
    const response = await behindProxy.admin.post(
      '/v1/portal-links',
      { tenantId: 'default' },
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-for': '192.0.2.1' },
    );
    expect(response.status).toBe(409);
    await behindProxy.close();
  });
});

it('a portal link begins with POSTHORN_PUBLIC_URL, whatever the Host header', async () => {
  const configured = await startApi({ publicOrigin: 'https://hooks.example' });
  for (const host of ['evil.example', 'localhost']) {
    expect(await createLinkAt(host, configured)).toMatchObject({
      status: 201,
      body: { url: expect.stringMatching(/^https:\/\/hooks\.example\/portal\?link=key_\w+#token=php_/) },
    });
  }
  await configured.close();
});

describe('the portal', () => {
  it('manages the webhooks of its tenant', async () => {
    await api.admin.post('/v1/event-types', { name: 'order.paid', group: 'orders', example: { id: 1 } });
    const others = await createActiveWebhook(api.admin, receiver);
    const { portal } = await createLink();
    expect((await portal.get('/v1/event-types')).body.data).toMatchObject([{ name: 'order.paid' }]);

    const { id } = await createWebhook(portal, receiver, { eventTypes: ['order.paid'] });
    await validateWebhook(portal, receiver, id);
    expect((await portal.post(`/v1/webhooks/${id}/test`, { eventType: 'order.paid' })).body.succeeded).toBe(
      true,
    );
    const published = await api.client(tenant.key).post('/v1/events', { type: 'order.paid', data: {} });
    const event = published.body.id;
    const [delivery] = (await portal.get(`/v1/deliveries?webhookId=${id}`)).body.data;
    expect((await portal.get('/v1/events')).body.data).toMatchObject([{ id: event }]);
    const explained = (await portal.get(`/v1/events/${event}/explain`)).body.data;
    expect(explained).toMatchObject([{ webhookId: id, url: receiver.url, reason: 'pending' }]);
    expect((await portal.get(`/v1/deliveries/${delivery.id}/attempts`)).body.data).toEqual([]);
    expect((await portal.get('/v1/stats')).status).toBe(200);
    expect((await portal.get(`/v1/search?q=${event}`)).body.data).toMatchObject([
      { kind: 'event', id: event },
    ]);
    expect((await portal.get(`/v1/webhooks/${id}`)).body.health).toMatchObject({ state: 'healthy' });
    expect((await portal.get(`/v1/stats/webhooks?webhookIds=${id},${others.id}`)).status).toBe(200);

    expect((await portal.post(`/v1/deliveries/${delivery.id}/retry`)).body.status).toBe('pending');
    const since = new Date(0).toISOString();
    const recovery = (await portal.post('/v1/recoveries', { since })).body;
    expect((await portal.get(`/v1/recoveries/${recovery.id}`)).body).toMatchObject({
      status: 'completed',
      total: 0,
    });
    const span = { from: new Date(0).toISOString(), to: new Date().toISOString() };
    const replay = (await portal.post(`/v1/webhooks/${id}/replay`, span)).body;
    expect((await portal.get(`/v1/replays?webhookId=${id}`)).body.data).toMatchObject([{ id: replay.id }]);
    expect((await portal.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    for (const list of [
      '/v1/webhooks',
      `/v1/deliveries?webhookId=${others.id}`,
      `/v1/replays?webhookId=${others.id}`,
    ])
      expect((await portal.get(list)).body.data).toEqual([]);
  });

  it('changes as much as its role allows', async () => {
    const webhook = { url: receiver.url, eventTypes: ['*'] };
    const { id } = (await (await createLink()).portal.post('/v1/webhooks', webhook)).body;
    const statuses = async (role: string) => {
      const { portal } = await createLink({ role });
      return [
        (await portal.get('/v1/webhooks')).status,
        (await portal.post(`/v1/webhooks/${id}/notifications/unmute`)).status,
        (await portal.patch(`/v1/webhooks/${id}`, {})).status,
      ];
    };
    expect(await statuses('viewer')).toEqual([200, 403, 403]);
    expect(await statuses('operator')).toEqual([200, 200, 403]);
    expect(await statuses('admin')).toEqual([200, 200, 200]);
  });
});

describe('portal links', () => {
  it('are listed and revoked one by one', async () => {
    const first = await createLink({ role: 'viewer', features: { events: false } });
    const second = await createLink();
    const listed = (await api.admin.get(`/v1/portal-links?tenantId=${tenant.id}&limit=2`)).body.data;
    expect(listed).toMatchObject([
      { id: second.id, tenantId: tenant.id, role: 'admin', revokedAt: null, expiresAt: second.expiresAt },
      { id: first.id, role: 'viewer', features: PORTAL_FEATURES.filter((feature) => feature !== 'events') },
    ]);
    expect(JSON.stringify(listed)).not.toContain('php_');
    expect((await api.admin.delete(`/v1/portal-links/${first.id}`)).status).toBe(204);
    expect((await api.admin.delete(`/v1/portal-links/${first.id}`)).status).toBe(204);
    expect((await first.portal.get('/v1/webhooks')).status).toBe(401);
    expect((await second.portal.get('/v1/webhooks')).status).toBe(200);
    const [, revoked] = (await api.admin.get(`/v1/portal-links?tenantId=${tenant.id}&limit=2`)).body.data;
    expect(revoked).toMatchObject({ id: first.id, revokedAt: expect.any(String) });
    const ended = await api.admin.get(`/v1/audit-entries?action=portal_link.ended&target=${first.id}`);
    expect(ended.body.data).toHaveLength(1);
  });

  it('of other tenants, and keys of another kind, are not found', async () => {
    const { id } = await createLink();
    const other = (await api.admin.post('/v1/tenants', { name: 'other customer' })).body.id;
    const { key } = (await api.admin.post('/v1/api-keys', { tenantId: other, scopes: ['admin'] })).body;
    expect((await api.client(key).get('/v1/portal-links')).body.data).toEqual([]);
    expect((await api.client(key).delete(`/v1/portal-links/${id}`)).status).toBe(404);
    expect((await api.admin.delete(`/v1/portal-links/${tenant.adminKey.id}`)).status).toBe(404);
    expect((await api.client(tenant.key).get('/v1/portal-links')).status).toBe(403);
  });

  it('show the key that created them only to those who see that key', async () => {
    const byOperator = await createLink();
    const byTenant = await createLink({}, tenant.admin);
    const { data } = (await tenant.admin.get('/v1/portal-links?limit=2')).body;
    expect(data).toMatchObject([
      { id: byTenant.id, createdBy: tenant.adminKey.id },
      { id: byOperator.id, createdBy: null },
    ]);
  });

  it('are named in the audit entries of their changes', async () => {
    const { id, portal } = await createLink({}, tenant.admin);
    const webhook = await createWebhook(portal, receiver);
    const [entry] = (await api.admin.get(`/v1/audit-entries?target=${webhook.id}`)).body.data;
    expect(entry.actor).toMatchObject({ keyId: tenant.adminKey.id, portalLinkId: id });
    const other = await createLink();
    await other.portal.patch(`/v1/webhooks/${webhook.id}`, { description: 'changed' });
    const [change] = (await tenant.admin.get(`/v1/audit-entries?target=${webhook.id}`)).body.data;
    expect(change.actor).toEqual({
      keyId: null,
      personId: null,
      sessionId: null,
      portalLinkId: other.id,
      name: 'portal link',
    });
    const [created] = (await api.admin.get(`/v1/audit-entries?target=${tenant.id}`)).body.data;
    expect(created.actor.portalLinkId).toBeNull();
  });

  it('share an audit entry for each maker, tenant, hour and set of features, with their number', async () => {
    const { id: tenantId } = (await api.admin.post('/v1/tenants', { name: 'visited' })).body;
    for (const features of [{}, {}, { retry: false }, {}]) await createLink({ tenantId, features });
    const entries = async () =>
      (await api.admin.get(`/v1/audit-entries?action=portal_link.created&tenantId=${tenantId}`)).body.data;
    await api.deps.pool.query(`UPDATE audit_repeat SET ends_at = now() - interval '1 second'`);
    await closeAuditRepeats(api.deps.pool);
    const counts = (await entries()).map(({ after }: { after: { count: number } }) => after.count);
    // Two hours may have begun.
    expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(4);
    // One for the first, and one for the others.
    expect(counts).toContain(1);
  });
});

const UNKNOWN_ID = 'wh_01jw000000e008000000000001';

const statusOf = async (portal: CheckedClient, { method, path }: RouteDefinition) => {
  const named = path.replaceAll(/:\w+/g, UNKNOWN_ID);
  // A link can create no other keys.
  const body = path === ROUTES.createApiKey.path ? { webhookId: UNKNOWN_ID } : {};
  const { status } = await (method === 'get' || method === 'delete'
    ? portal[method](named)
    : portal[method](named, body));
  return status;
};

describe('the features of a portal link', () => {
  const SCOPES = new Set<string | null>([
    'webhooks:read',
    'webhooks:write',
    'webhooks:operate',
    'events:read',
    'payloads:read',
    'deliveries:read',
    'deliveries:write',
    null,
  ]);

  /** The calls that a link with all features can make. */
  const CALLS = OPERATION_IDS.map((id): [OperationId, RouteDefinition] => [id, ROUTES[id]]).filter(
    ([, { scope, tenancy }]) =>
      tenancy !== 'all' && [scope].flat().some((each) => [each].flat().every((one) => SCOPES.has(one))),
  );

  it.each(PORTAL_FEATURES)('reject every call of the feature %s, if it is not allowed', async (feature) => {
    const { portal } = await createLink({ features: { [feature]: false } });
    const rejected: string[] = [];
    for (const [id, route] of CALLS) {
      // Ends the session.
      if (id === 'deleteSession' || id === 'createSession' || id === 'followOverview') continue;
      if ((await statusOf(portal, route)) === 403) rejected.push(id);
    }
    expect(rejected).toEqual(
      CALLS.filter(([, route]) => route.portalFeatures?.includes(feature)).map(([id]) => id),
    );
    expect(rejected).not.toEqual([]);
  });

  it('cover all calls, except those that read webhooks and deliveries', () => {
    expect(CALLS.filter(([, { portalFeatures }]) => !portalFeatures).map(([id]) => id)).toEqual([
      'listWebhooks',
      'getWebhook',
      'listBlockedKeys',
      'listDeliveries',
      'getDelivery',
      'listAttempts',
      'getFeedCursor',
      'listReplays',
      'getReplay',
      'listRecoveries',
      'getRecovery',
      'getTenant',
      'getWebhookTrends',
      'getStats',
      'getOverview',
      'followOverview',
      'getAttention',
      'createSession',
      'getSession',
      'keepSession',
      'deleteSession',
    ]);
  });

  it('allow a validation with one of create and edit', async () => {
    const { id } = await createWebhook(tenant.admin, receiver);
    const validate = async (features: object) =>
      (await (await createLink({ features })).portal.post(`/v1/webhooks/${id}/validation`)).status;
    expect(await validate({ create: false })).toBe(200);
    expect(await validate({ edit: false })).toBe(200);
    expect(await validate({ create: false, edit: false })).toBe(403);
  });

  it('reveal nothing of the catalog by search, preview or test events without it', async () => {
    const example = { secretProduct: 'unannounced' };
    const type = { name: 'plan.launched', example, searchKeys: ['/launch/id'] };
    expect((await api.admin.post('/v1/event-types', type)).status).toBe(201);
    const { id } = await createActiveWebhook(tenant.admin, receiver);
    const { portal } = await createLink({ features: { catalog: false } });
    const found = (await portal.get('/v1/search?q=plan.')).body;
    expect([found.data, found.searchKeys]).toEqual([[], []]);
    const preview = { deliveryFormat: { body: 'data' }, eventType: 'plan.launched' };
    expect((await portal.post('/v1/delivery-formats/preview', preview)).body.body).toBe('{}');
    const test = (await portal.post(`/v1/webhooks/${id}/test`, { eventType: 'plan.launched' })).body;
    expect(test.request.body).toContain('"data":{}');
    const allowed = (await createLink()).portal;
    expect((await allowed.get('/v1/search?q=plan.')).body).toMatchObject({
      data: [{ kind: 'event_type', id: 'plan.launched' }],
      searchKeys: expect.arrayContaining(['/launch/id']),
    });
    expect((await allowed.post('/v1/delivery-formats/preview', preview)).body.body).toBe(
      JSON.stringify(example),
    );
  });

  it('hide signatures and custom headers of requests, and reject a change of signatures, without secrets', async () => {
    const { id } = await createActiveWebhook(tenant.admin, receiver);
    const signatures = ['github', 'standard-webhooks'];
    const headers = { 'X-Token': 'credential' };
    await tenant.admin.patch(`/v1/webhooks/${id}`, { deliveryFormat: { signatures }, headers });
    const { portal } = await createLink({ features: { secrets: false } });
    const test = async (client: CheckedClient) =>
      (await client.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' })).body.request.headers;
    expect(await test(portal)).toMatchObject({
      'x-hub-signature-256': '[redacted]',
      'webhook-signature': '[redacted]',
      'x-token': '[redacted]',
      'webhook-id': expect.stringMatching(/^evt_/),
    });
    expect((await test((await createLink()).portal))['webhook-signature']).toMatch(/^v1,/);
    await tenant.admin.post('/v1/events', { type: 'a.b', data: {} });
    const delivery = (await tenant.admin.get(`/v1/deliveries?webhookId=${id}`)).body.data[0];
    const sent = async (client: CheckedClient) =>
      (await client.get(`/v1/deliveries/${delivery.id}/request`)).body.headers['webhook-signature'];
    expect(await sent(portal)).toBe('[redacted]');
    expect(await sent((await createLink({ role: 'viewer' })).portal)).toBe('[redacted]');
    expect(await sent((await createLink()).portal)).toMatch(/^v1,/);
    const change = (deliveryFormat: unknown) => portal.patch(`/v1/webhooks/${id}`, { deliveryFormat });
    for (const format of [{ signatures: ['github'] }, {}, null])
      expect(await change(format)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await change({ signatures, body: 'data' })).status).toBe(200);
  });

  it('are in the session, and in the audit log', async () => {
    const { portal } = await createLink({ features: { delete: false } });
    const features = PORTAL_FEATURES.filter((feature) => feature !== 'delete');
    expect((await portal.get('/v1/session')).body.portalFeatures).toEqual(features);
    expect((await api.admin.get('/v1/session')).body.portalFeatures).toBeNull();
    const { data } = (await api.admin.get('/v1/audit-entries?action=portal_link.created')).body;
    expect(data.map(({ after }: { after: object }) => after)).toContainEqual(
      expect.objectContaining({ features }),
    );
  });
});
