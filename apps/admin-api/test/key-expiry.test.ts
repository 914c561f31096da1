import { describe, expect, it } from '@jest/globals';
import type { CheckedClient } from './checked-client.js';
import { signIn } from './sign-in.js';
import { useApi } from './use-api.js';

const api = useApi();

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

/** An admin key with this expiry, as a separate client and as a session. */
async function createMaker(expiresAt: string | null) {
  const { body } = await api.admin.post('/v1/api-keys', { scopes: ['admin'], expiresAt });
  const clients: [string, CheckedClient][] = [
    ['key', api.client(body.key)],
    ['session', await signIn(api, body.key)],
  ];
  return { id: String(body.id), key: String(body.key), clients };
}

/** Returns the expiry of the key that a call created, or the error of its `expiresAt`. */
async function expiryAfter(client: CheckedClient, path: string, body: Record<string, unknown>) {
  const created = await client.post(path, body);
  return created.status === 201 ? created.body.expiresAt : { status: created.status, ...created.body };
}

describe('a key made by an expiring key, or in a session of one', () => {
  it('expires with its maker, or earlier if so requested', async () => {
    const end = inMinutes(30);
    const { clients } = await createMaker(end);
    for (const [by, client] of clients) {
      const earlier = inMinutes(10);
      const expiries = await Promise.all([
        expiryAfter(client, '/v1/api-keys', { scopes: ['admin'] }),
        expiryAfter(client, '/v1/api-keys', { expiresAt: null }),
        expiryAfter(client, '/v1/api-keys', { expiresAt: end }),
        expiryAfter(client, '/v1/api-keys', { expiresAt: earlier }),
      ]);
      expect({ by, expiries }).toEqual({ by, expiries: [end, end, end, earlier] });
    }
  });

  it('cannot be made to expire later than its maker', async () => {
    const end = inMinutes(30);
    const { id, clients } = await createMaker(end);
    const later = { expiresAt: inMinutes(31) };
    for (const [, client] of clients) {
      for (const path of ['/v1/api-keys', `/v1/api-keys/${id}/rotate`]) {
        expect(await expiryAfter(client, path, later)).toMatchObject({
          status: 422,
          code: 'invalid_input',
          errors: [
            { path: 'expiresAt', message: `must not be later than ${end}, when the calling key expires` },
          ],
        });
      }
    }
  });

  it('passes its expiry on to the keys that it makes', async () => {
    const end = inMinutes(30);
    const [[, maker]] = (await createMaker(end)).clients as [[string, CheckedClient]];
    const { body: child } = await maker.post('/v1/api-keys', { scopes: ['admin'] });
    expect(await expiryAfter(await signIn(api, child.key), '/v1/api-keys', {})).toBe(end);
  });

  it('expires with its maker as the first key of a tenant', async () => {
    const end = inMinutes(30);
    for (const [by, client] of (await createMaker(end)).clients) {
      const { body } = await client.post('/v1/tenants', { name: `made by ${by}` });
      expect(body.keyExpiresAt).toBe(end);
      expect((await api.client(body.key).get('/v1/session')).body.expiresAt).toBe(end);
    }
    expect((await api.admin.post('/v1/tenants', { name: 'lasting' })).body.keyExpiresAt).toBeNull();
  });

  it('expires with its maker as a portal link', async () => {
    const end = inMinutes(30);
    for (const [, client] of (await createMaker(end)).clients) {
      const body = { tenantId: 'default', expiresInMinutes: 60 };
      expect(await expiryAfter(client, '/v1/portal-links', body)).toBe(end);
    }
  });
});

it('a session of a key without an expiry makes keys without an expiry', async () => {
  const [, [, session]] = (await createMaker(null)).clients as [unknown, [string, CheckedClient]];
  expect(await expiryAfter(session, '/v1/api-keys', {})).toBeNull();
});

it('a session shows when its key expires', async () => {
  const end = inMinutes(24 * 60);
  const { clients } = await createMaker(end);
  for (const [, client] of clients) {
    expect((await client.get('/v1/session')).body.holder.expiresAt).toBe(end);
  }
});

describe('rotating an expiring key', () => {
  it('keeps its expiry unless another one is requested', async () => {
    const end = inMinutes(30);
    const later = inMinutes(60);
    const rotate = async (body: Record<string, unknown>) => {
      const { id } = await createMaker(end);
      return expiryAfter(api.admin, `/v1/api-keys/${id}/rotate`, body);
    };
    expect([
      await rotate({}),
      await rotate({ expiresAt: null, overlapHours: 0 }),
      await rotate({ expiresAt: later }),
    ]).toEqual([end, end, later]);
  });

  it('gives an expiring caller no key that lasts longer than its own', async () => {
    const end = inMinutes(30);
    const { clients } = await createMaker(end);
    for (const [, client] of clients) {
      for (const expiresAt of [null, inMinutes(60)]) {
        const { id } = await createMaker(expiresAt);
        expect(await expiryAfter(client, `/v1/api-keys/${id}/rotate`, {})).toBe(end);
      }
    }
  });
});

it('a revoked key ends with its sessions; keys that it made stay valid', async () => {
  const maker = await createMaker(null);
  const [[, key], [, session]] = maker.clients as [[string, CheckedClient], [string, CheckedClient]];
  const { body: made } = await session.post('/v1/api-keys', {});
  await api.admin.delete(`/v1/api-keys/${maker.id}`);
  const statuses = await Promise.all(
    [key, session, api.client(made.key)].map(async (client) => (await client.get('/v1/webhooks')).status),
  );
  expect(statuses).toEqual([401, 401, 200]);
});
