import { describe, expect, it } from '@jest/globals';
import { decodeId, newApiKey } from '@posthorn/core';
import type { ApiResponse } from '@posthorn/testkit';
import { clientWith, cookieOf, signIn } from './sign-in.js';
import { useApi } from './use-api.js';

const FAILURES = 30;

const api = useApi({
  authFailuresPerMinute: FAILURES,
  trustProxy: ['127.0.0.0/8'],
  publicOrigin: 'https://hooks.example',
});

async function createKey(fields: Record<string, unknown> = {}) {
  const { body } = await api.admin.post('/v1/api-keys', { scopes: ['webhooks:read'], name: 'ui', ...fields });
  return { id: String(body.id), key: String(body.key), prefix: String(body.prefix) };
}

const from = (address: string) => ({ 'x-forwarded-for': address });

const signInWith = (key: string, headers?: Record<string, string>) =>
  api.client().post('/v1/session', { key }, headers);

const attributesOf = ({ headers }: ApiResponse) =>
  (headers.getSetCookie()[0] ?? '')
    .split('; ')
    .slice(1)
    .filter((part) => !part.startsWith('Expires='));

describe('signing in', () => {
  it('sets a cookie hidden from scripts and other sites, with the scopes of the key', async () => {
    const key = await createKey();
    const response = await signInWith(key.key);
    expect(response).toMatchObject({
      status: 200,
      body: {
        holder: {
          kind: 'apiKey',
          id: key.id,
          name: 'ui',
          prefix: key.prefix,
          email: null,
          scopes: ['webhooks:read'],
          tenantId: null,
        },
      },
    });
    expect(cookieOf(response)).toMatch(/^posthorn_session=phs_[\w-]{43}$/);
    expect(attributesOf(response).toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
    const hours = (new Date(response.body.expiresAt).getTime() - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(12);

    const page = clientWith(api.client(), { cookie: cookieOf(response) });
    expect((await page.get('/v1/session')).body).toEqual(response.body);
    expect(response.body.emailEnabled).toBe(false);
    expect((await page.get('/v1/webhooks')).status).toBe(200);
    expect((await page.post('/v1/webhooks', {})).status).toBe(403);
  });

  it('ends the oldest session of a key that has 100', async () => {
    const { id, key } = await createKey();
    const page = async () => clientWith(api.client(), { cookie: cookieOf(await signInWith(key)) });
    const oldest = await page();
    const second = await page();
    for (let count = 3; count <= 101; count += 1) expect((await signInWith(key)).status).toBe(200);
    expect((await oldest.get('/v1/session')).status).toBe(401);
    expect((await second.get('/v1/session')).status).toBe(200);
    const { rows } = await api.deps.pool.query('SELECT count(*)::integer FROM api_key WHERE parent_id = $1', [
      decodeId('apiKey', id),
    ]);
    expect(rows).toEqual([{ count: 100 }]);
  });

  it('sets a TLS-only cookie for requests over TLS', async () => {
    const { key } = await createKey();
    const https = { 'x-forwarded-proto': 'https' };
    const response = await signInWith(key, https);
    expect(cookieOf(response)).toMatch(/^__Host-posthorn_session=phs_/);
    expect(attributesOf(response).toSorted()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']);
    const page = clientWith(api.client(), { cookie: cookieOf(response) });
    expect((await page.get('/v1/session', https)).status).toBe(200);
    expect((await page.get('/v1/session')).status).toBe(401);
    const ended = await page.delete('/v1/session', https);
    expect(cookieOf(ended)).toBe('__Host-posthorn_session=');
  });

  it('requires a key in the body, not a session or a bearer token', async () => {
    const { key } = await createKey();
    const page = await signIn(api, key);
    expect((await page.post('/v1/session', { key: newApiKey('session') })).status).toBe(401);
    expect((await api.admin.post('/v1/session', { key: 'phk_wrong' })).status).toBe(401);
    expect((await api.admin.post('/v1/session', {})).status).toBe(422);
  });

  it('is limited for clients that try many invalid keys', async () => {
    for (let tries = 0; tries < FAILURES; tries += 1)
      expect((await signInWith(newApiKey(), from('192.0.2.1'))).status).toBe(401);
    expect((await signInWith(newApiKey(), from('192.0.2.1'))).status).toBe(429);
    expect((await signInWith(newApiKey(), from('192.0.2.2'))).status).toBe(401);
    expect((await signInWith((await createKey()).key, from('192.0.2.1'))).status).toBe(200);
  });
});

describe('a session', () => {
  it('ends on sign-out, which clears the cookie', async () => {
    const { key } = await createKey();
    const page = await signIn(api, key);
    const other = await signIn(api, key);
    const response = await page.delete('/v1/session');
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^posthorn_session=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect((await page.get('/v1/session')).status).toBe(401);
    expect((await other.get('/v1/session')).status).toBe(200);
    expect((await api.client(key).get('/v1/session')).status).toBe(200);
  });

  it('ends when its key expires or is revoked', async () => {
    const revoked = await createKey();
    const page = await signIn(api, revoked.key);
    await api.admin.delete(`/v1/api-keys/${revoked.id}`);
    expect((await page.get('/v1/webhooks')).status).toBe(401);

    const rotated = await createKey();
    const second = await signIn(api, rotated.key);
    await api.admin.post(`/v1/api-keys/${rotated.id}/rotate`);
    expect((await second.get('/v1/webhooks')).status).toBe(200);
    await api.deps.pool.query(`UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      decodeId('apiKey', rotated.id),
    ]);
    expect((await second.get('/v1/webhooks')).status).toBe(401);
  });

  it('expires no later than its key', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const { key } = await createKey({ expiresAt });
    expect((await signInWith(key)).body.expiresAt).toBe(expiresAt);
  });

  it('expires', async () => {
    const { id, key } = await createKey();
    const page = await signIn(api, key);
    await api.deps.pool.query(
      `UPDATE api_key SET expires_at = now() - interval '1 second' WHERE parent_id = $1`,
      [decodeId('apiKey', id)],
    );
    expect((await page.get('/v1/session')).status).toBe(401);
  });

  it('is not a key: it is not listed, rotated, revoked or accepted as a bearer token', async () => {
    const { key } = await createKey();
    const token = cookieOf(await signInWith(key)).split('=')[1] ?? '';
    expect((await api.client(token).get('/v1/webhooks')).status).toBe(401);
    const { rows } = await api.deps.pool.query("SELECT id FROM api_key WHERE kind = 'session'");
    expect(rows.length).toBeGreaterThan(0);
    const listed = (await api.admin.get('/v1/api-keys?limit=200')).body.data;
    expect(listed.filter(({ prefix }: { prefix: string }) => !prefix.startsWith('phk_'))).toEqual([]);
  });

  it('cannot be ended with an API key', async () => {
    expect(await api.admin.delete('/v1/session')).toMatchObject({
      status: 409,
      body: { code: 'invalid_state' },
    });
    expect((await api.admin.get('/v1/session')).status).toBe(200);
  });

  it('is ignored if there is a bearer token', async () => {
    const page = await signIn(api, (await createKey()).key);
    expect((await page.get('/v1/tenants', { authorization: `Bearer ${api.adminKey}` })).status).toBe(200);
    expect((await page.get('/v1/webhooks', { authorization: 'Bearer wrong' })).status).toBe(401);
  });
});

describe('a request with the cookie', () => {
  it.each([
    ['of the same origin', () => ({ 'sec-fetch-site': 'same-origin' }), 200],
    ['by direct navigation', () => ({ 'sec-fetch-site': 'none' }), 200],
    ['by another site', () => ({ 'sec-fetch-site': 'cross-site' }), 403],
    ['by another host of the site', () => ({ 'sec-fetch-site': 'same-site', origin: api.url }), 403],
    ['from our origin', () => ({ origin: api.url }), 200],
    ['from the public origin', () => ({ origin: 'https://hooks.example' }), 200],
    ['from another origin', () => ({ origin: 'https://evil.example' }), 403],
    ['from an opaque origin', () => ({ origin: 'null' }), 403],
  ])('%s', async (_name, headers, status) => {
    const page = await signIn(api, (await createKey()).key);
    const response = await page.get('/v1/webhooks', headers());
    expect(response.status).toBe(status);
    if (status === 403) expect(response.body.code).toBe('cross_site_request');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is accepted from any site with a bearer token', async () => {
    expect((await api.admin.get('/v1/webhooks', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });
});
