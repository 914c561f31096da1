import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId, newId, SCOPES, type Scope } from '@posthorn/core';
import { type Receiver, createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { startApi, type TestApi } from './start-api.js';

let api: TestApi;
let receiver: Receiver;
let ours: { client: CheckedClient; tenantId: string; keyId: string };
let theirs: typeof ours;

async function createTenant(name: string): Promise<typeof ours> {
  const { body } = await api.admin.post('/v1/tenants', { name });
  return { client: api.client(body.key), tenantId: body.id, keyId: body.keyId };
}

beforeAll(async () => {
  api = await startApi();
  receiver = await api.receiver();
  ours = await createTenant('ours');
  theirs = await createTenant('theirs');
});
afterAll(() => api.close());

describe('a tenant', () => {
  it('is created with a key that has all scopes except those of admins', async () => {
    const { body } = await api.admin.get(`/v1/api-keys?tenantId=${ours.tenantId}`);
    expect(body.data).toMatchObject([
      {
        id: ours.keyId,
        tenantId: ours.tenantId,
        scopes: SCOPES.filter((scope) => !scope.startsWith('admin')),
      },
    ]);
  });

  it('has a unique name', async () => {
    expect(await api.admin.post('/v1/tenants', { name: 'ours' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  it('sees nothing of another tenant in any list', async () => {
    const webhook = await createActiveWebhook(theirs.client, receiver);
    await theirs.client.post('/v1/events', { type: 'a.b', data: {} });
    const span = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    await theirs.client.post(`/v1/webhooks/${webhook.id}/replay`, span);
    for (const list of [
      '/v1/webhooks',
      '/v1/events',
      '/v1/deliveries',
      `/v1/deliveries?webhookId=${webhook.id}`,
      '/v1/replays',
    ]) {
      expect((await theirs.client.get(list)).body.data).not.toEqual([]);
      expect((await ours.client.get(list)).body.data).toEqual([]);
    }
  });

  it('may name only itself', async () => {
    const body = { type: 'a.b', data: {} };
    expect((await ours.client.post('/v1/events', { ...body, tenantId: ours.tenantId })).status).toBe(202);
    for (const tenantId of [theirs.tenantId, 'default', encodeId('tenant', newId())]) {
      expect((await ours.client.post('/v1/events', { ...body, tenantId })).status).toBe(404);
      expect((await ours.client.get(`/v1/events?tenantId=${tenantId}`)).status).toBe(404);
      const webhook = { url: receiver.url, eventTypes: ['*'], tenantId };
      expect((await ours.client.post('/v1/webhooks', webhook)).status).toBe(404);
      const batch = await ours.client.post('/v1/events/batch', { events: [{ ...body, tenantId }] });
      expect(batch).toMatchObject({ status: 202, body: { rejected: [{ index: 0, code: 'not_found' }] } });
    }
    expect((await ours.client.post('/v1/events', { ...body, tenantId: 'ten_x' })).status).toBe(422);
  });
});

describe('a key for all tenants', () => {
  it.each([
    ['/v1/webhooks', true],
    ['/v1/events', true],
    ['/v1/deliveries', true],
    ['/v1/deliveries?eventType=a.b', true],
    ['/v1/replays', true],
    ['/v1/api-keys', true],
    ['/v1/audit-entries', true],
    ['/v1/rejected-events', false],
    ['/v1/stats', false],
    ['/v1/overview', false],
    ['/v1/overview/attention', false],
  ])('may ask for all tenants in %s, a key of a tenant may not', async (path, hasRows) => {
    const all = `${path}${path.includes('?') ? '&' : '?'}tenantId=*`;
    const response = await api.admin.get(all);
    expect(response.status).toBe(200);
    if (hasRows) {
      const owners = response.body.data.map(({ tenantId }: { tenantId: string }) => tenantId);
      expect(owners).toContain(theirs.tenantId);
    }
    const { body } = await api.admin.post('/v1/api-keys', { scopes: ['admin'], tenantId: ours.tenantId });
    expect(await api.client(body.key).get(all)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    // Only lists know `*`.
    expect((await api.admin.get(all.replace('*', '**'))).status).toBe(422);
    expect((await api.admin.get('/v1/tenants/*')).status).toBe(404);
  });

  it('acts for the tenant `default` unless another is named', async () => {
    const webhook = await createWebhook(api.admin, receiver);
    expect((await api.admin.get(`/v1/webhooks/${webhook.id}`)).body.tenantId).toMatch(/^ten_/);
    const listed = await api.admin.get('/v1/webhooks?tenantId=default');
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([webhook.id]);
    const named = await createWebhook(api.admin, receiver, { tenantId: ours.tenantId });
    expect((await ours.client.get(`/v1/webhooks/${named.id}`)).status).toBe(200);
    expect((await api.admin.get(`/v1/webhooks?tenantId=${ours.tenantId}`)).body.data).toHaveLength(1);
    const theirsAre = (await theirs.client.get('/v1/deliveries')).body.data;
    expect((await api.admin.get('/v1/deliveries')).body.data).toEqual([]);
    expect((await api.admin.get(`/v1/deliveries?webhookId=${theirsAre[0].webhookId}`)).body.data).toEqual(
      theirsAre,
    );
    const unknown = encodeId('tenant', newId());
    expect((await api.admin.get(`/v1/webhooks?tenantId=${unknown}`)).status).toBe(404);
    expect((await api.admin.post('/v1/events', { type: 'a.b', data: {}, tenantId: unknown })).status).toBe(
      404,
    );
  });
});

/** Creates a key with these scopes. */
async function keyWith(scopes: Scope[], fields: Record<string, unknown> = {}) {
  const { body } = await api.admin.post('/v1/api-keys', { scopes, ...fields });
  return { id: String(body.id), client: api.client(body.key) };
}

describe('API keys', () => {
  it('with a write scope cannot read', async () => {
    const { client } = await keyWith(['webhooks:write']);
    expect((await client.get('/v1/webhooks')).status).toBe(403);
    expect((await client.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'] })).status).toBe(201);
    const reader = await keyWith(['webhooks:read']);
    expect((await reader.client.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'] })).status).toBe(
      403,
    );
  });

  it('stop working immediately when revoked, and remain listed', async () => {
    const { id, client } = await keyWith(['webhooks:read'], { name: 'ci' });
    expect((await client.get('/v1/webhooks')).status).toBe(200);
    expect((await api.admin.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect((await client.get('/v1/webhooks')).status).toBe(401);
    expect((await api.admin.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    const listed = (await api.admin.get('/v1/api-keys')).body.data;
    expect(listed.find((key: { id: string }) => key.id === id)).toMatchObject({
      name: 'ci',
      revokedAt: expect.any(String),
    });
  });

  it('of a tenant are managed only by its admins', async () => {
    const { client } = await keyWith(['admin'], { tenantId: ours.tenantId });
    const created = await client.post('/v1/api-keys', { name: 'second' });
    expect(created.body).toMatchObject({ tenantId: ours.tenantId, key: expect.stringMatching(/^phk_/) });
    expect((await client.post('/v1/api-keys', { tenantId: theirs.tenantId })).status).toBe(404);
    expect((await client.delete(`/v1/api-keys/${theirs.keyId}`)).status).toBe(404);
    const tenants = (await client.get('/v1/api-keys')).body.data.map(
      (key: { tenantId: string }) => key.tenantId,
    );
    expect(new Set(tenants)).toEqual(new Set([ours.tenantId]));
    expect((await client.get('/v1/tenants')).status).toBe(403);
    expect((await client.post('/v1/tenants', { name: 'more' })).status).toBe(403);
    expect((await client.post('/v1/event-types', { name: 'a.b' })).status).toBe(403);
    expect((await theirs.client.get(`/v1/api-keys`)).body.data).toEqual([]);
  });

  it.each([
    ['no key', undefined],
    ['another scheme', 'Basic cGhrXzo='],
    ['a malformed key', 'Bearer nonsense'],
    ['an unknown key', `Bearer phk_${'A'.repeat(43)}`],
    ['two keys', `Bearer phk_${'A'.repeat(43)} phk_${'B'.repeat(43)}`],
    ['a very long key', `Bearer phk_${'A'.repeat(8000)}`],
  ])('are required: %s', async (_name, authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await api.client().get('/v1/webhooks', headers);
    expect(response).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });
});
