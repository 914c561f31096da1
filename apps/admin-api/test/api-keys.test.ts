import { describe, expect, it } from '@jest/globals';
import { decodeId, newApiKey } from '@posthorn/core';
import { registerAdminKey } from '@posthorn/database/access/prisma';
import { connect } from '@posthorn/database/connection';
import { Registry } from '@posthorn/runtime';
import { createApi } from '../src/create-api.js';
import { serve } from '../src/serve.js';
import { checkedClient } from './checked-client.js';
import { type TestApi } from './start-api.js';
import { useApi } from './use-api.js';

const api = useApi();

const inAnHour = () => new Date(Date.now() + 3_600_000);

async function createKey(fields: Record<string, unknown> = {}) {
  const { body } = await api.admin.post('/v1/api-keys', { scopes: ['webhooks:read'], ...fields });
  return { id: String(body.id), key: String(body.key), client: api.client(body.key), shown: body };
}

const mayRead = async (client: { get: TestApi['admin']['get'] }) =>
  (await client.get('/v1/webhooks')).status === 200;

async function endNow(id: string): Promise<void> {
  await api.deps.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [
    decodeId('apiKey', id),
  ]);
}

const listed = async (id: string) =>
  (await api.admin.get('/v1/api-keys')).body.data.find((key: { id: string }) => key.id === id);

describe('an API key', () => {
  it('is rejected once expired', async () => {
    const expiresAt = inAnHour().toISOString();
    const { id, client, shown } = await createKey({ expiresAt });
    expect(shown.expiresAt).toBe(expiresAt);
    expect(await mayRead(client)).toBe(true);
    await endNow(id);
    expect((await client.get('/v1/webhooks')).status).toBe(401);
  });

  it('cannot be created with an expiry in the past', async () => {
    for (const expiresAt of ['2020-01-01T00:00:00Z', 'tomorrow'])
      expect((await api.admin.post('/v1/api-keys', { expiresAt })).status).toBe(422);
  });

  it('is rejected by every process immediately after its revocation', async () => {
    const second = connect({ url: databaseUrl(), applicationName: 'posthorn second api' });
    const server = await serve(
      createApi({ ...api.deps, pool: second.pool, lookupPool: second.pool, registry: new Registry() }),
      {
        port: 0,
        host: '127.0.0.1',
      },
    );
    const { id, key } = await createKey();
    const there = checkedClient(`http://127.0.0.1:${server.port}`, key);
    expect(await mayRead(there)).toBe(true);
    expect((await api.admin.delete(`/v1/api-keys/${id}`)).status).toBe(204);
    expect((await there.get('/v1/webhooks')).status).toBe(401);
    await server.stop();
    await second.stop();
  });
});

function databaseUrl(): string {
  const { connectionString } = api.deps.pool.options;
  if (connectionString === undefined) throw new Error('a pool without an address');
  return connectionString;
}

describe('rotating an API key', () => {
  it('creates one with the same scopes; the old one stays valid for a day', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'rotates' });
    const old = await createKey({ name: 'ci', tenantId: tenant.id });
    const { status, body } = await api.admin.post(`/v1/api-keys/${old.id}/rotate`);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'ci',
      tenantId: tenant.id,
      scopes: ['webhooks:read'],
      expiresAt: null,
      revokedAt: null,
    });
    expect(body.key).not.toBe(old.key);
    expect([await mayRead(api.client(body.key)), await mayRead(old.client)]).toEqual([true, true]);
    const hours = (new Date((await listed(old.id)).expiresAt).getTime() - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    await endNow(old.id);
    expect([await mayRead(api.client(body.key)), await mayRead(old.client)]).toEqual([true, false]);
  });

  it('expires the old one immediately without an overlap', async () => {
    const old = await createKey();
    const { body } = await api.admin.post(`/v1/api-keys/${old.id}/rotate`, { overlapHours: 0 });
    expect([await mayRead(api.client(body.key)), await mayRead(old.client)]).toEqual([true, false]);
    expect((await listed(old.id)).revokedAt).toEqual(expect.any(String));
  });

  it('never extends the expiry of the old one', async () => {
    const expiresAt = inAnHour().toISOString();
    const old = await createKey({ expiresAt });
    const { body } = await api.admin.post(`/v1/api-keys/${old.id}/rotate`, { overlapHours: 48 });
    expect((await listed(old.id)).expiresAt).toBe(expiresAt);
    const trail = await api.admin.get(`/v1/audit-entries?target=${old.id}&action=api_key.rotated`);
    expect(trail.body.data).toMatchObject([{ after: { replacedBy: body.id } }]);
  });

  it('is rejected for an expired or revoked key', async () => {
    const [revoked, expired] = [await createKey(), await createKey()];
    await api.admin.delete(`/v1/api-keys/${revoked.id}`);
    await endNow(expired.id);
    for (const { id } of [revoked, expired]) {
      expect(await api.admin.post(`/v1/api-keys/${id}/rotate`)).toMatchObject({
        status: 409,
        body: { code: 'invalid_state' },
      });
    }
  });

  it('works for the key that makes the request', async () => {
    const own = await createKey({ scopes: ['admin'] });
    const { body } = await own.client.post(`/v1/api-keys/${own.id}/rotate`, { overlapHours: 0 });
    expect([await mayRead(api.client(body.key)), await mayRead(own.client)]).toEqual([true, false]);
  });
});

describe('the key from the configuration', () => {
  it('is restored at restart even if it was revoked', async () => {
    const key = newApiKey();
    const register = () => registerAdminKey(api.deps.prisma, key);
    await register();
    const ids = (await api.admin.get('/v1/api-keys')).body.data
      .filter(({ name, revokedAt }: Record<string, unknown>) => name === 'POSTHORN_ADMIN_KEY' && !revokedAt)
      .map(({ id }: { id: string }) => id);
    const id = ids[0];
    await endNow(id);
    expect(await mayRead(api.client(key))).toBe(false);
    await register();
    expect(await mayRead(api.client(key))).toBe(true);
    await api.admin.delete(`/v1/api-keys/${id}`);
    await register();
    expect(await mayRead(api.client(key))).toBe(true);
  });

  it('has all rights, also if it is an existing key that is limited', async () => {
    const { id: tenantId } = (await api.admin.post('/v1/tenants', { name: 'of a limited key' })).body;
    const limited = (await api.admin.post('/v1/api-keys', { role: 'viewer', tenantIds: [tenantId] })).body;
    const webhook = (
      await api.admin.post('/v1/webhooks', { url: 'https://a.example.com', eventTypes: ['a.b'] })
    ).body;
    const ofFeed = (await api.admin.post('/v1/api-keys', { webhookId: webhook.id })).body;
    for (const { id, key } of [limited, ofFeed]) {
      await registerAdminKey(api.deps.prisma, key);
      expect((await api.client(key).get(`/v1/api-keys/${id}`)).body).toMatchObject({
        tenantId: null,
        tenantIds: null,
        webhookId: null,
        role: null,
        scopes: expect.arrayContaining(['admin']),
      });
      expect((await api.client(key).get('/v1/tenants')).status).toBe(200);
    }
  });
});
