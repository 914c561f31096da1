import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import type { ActiveApiKey } from '@posthorn/database/access';
import { eventually } from '@posthorn/testkit';
import { RememberedKeys } from '../src/access/remembered-keys.js';
import type { CheckedClient } from './checked-client.js';
import { signIn } from './sign-in.js';
import { useApi } from './use-api.js';

const AUTH_FAILURES = 1000;

const api = useApi({ authFailuresPerMinute: AUTH_FAILURES });

const EVENT = { type: 'key.checked', data: {} };

async function createKey(fields: Record<string, unknown> = {}) {
  const { body } = await api.admin.post('/v1/api-keys', { scopes: ['events:write'], ...fields });
  const client = api.client(body.key);
  return { id: String(body.id), client };
}

/** Creates a key that has published before, so that the process remembers it. */
async function warmKey(fields: Record<string, unknown> = {}) {
  const key = await createKey(fields);
  expect((await key.client.post('/v1/events', EVENT)).status).toBe(202);
  return key;
}

const revoke = async (id: string) => {
  expect((await api.admin.delete(`/v1/api-keys/${id}`)).status).toBe(204);
};

const change = (id: string, set: string) =>
  api.deps.pool.query(`UPDATE api_key SET ${set} WHERE id = $1`, [decodeId('apiKey', id)]);

/** Publishes with a separate type, alone and in a batch. Returns the statuses and the number of stored events. */
async function publish(client: CheckedClient) {
  const event = { ...EVENT, type: `key.${Math.random().toString(36).slice(2)}` };
  const single = await client.post('/v1/events', event);
  const batch = await client.post('/v1/events/batch', { events: [event, event] });
  const { rows } = await api.deps.pool.query('SELECT FROM event WHERE type = $1', [event.type]);
  return { statuses: [single.status, batch.status], stored: rows.length };
}

const REFUSED = { statuses: [401, 401], stored: 0 };

/** Counts the lookups of keys while `work` runs. */
async function countLookups(work: () => Promise<unknown>): Promise<number> {
  const { pool } = api.deps;
  const query = pool.query;
  let lookups = 0;
  pool.query = ((...args: Parameters<typeof query>) => {
    if (JSON.stringify(args[0]).includes('find-active-api-keys')) lookups += 1;
    return query.apply(pool, args);
  }) as typeof query;
  try {
    await work();
  } finally {
    pool.query = query;
  }
  return lookups;
}

describe('publishing with a remembered key', () => {
  it('needs no lookup of the key', async () => {
    const { client } = await warmKey();
    let published: unknown;
    expect(await countLookups(async () => (published = await publish(client)))).toBe(0);
    expect(published).toEqual({ statuses: [202, 202], stored: 3 });
  });

  it('is refused as soon as the key is revoked, and stores nothing', async () => {
    const { id, client } = await warmKey();
    await revoke(id);
    expect(await publish(client)).toEqual(REFUSED);
  });

  it('is refused in a batch as soon as the key is revoked', async () => {
    const { id, client } = await warmKey();
    await revoke(id);
    expect((await client.post('/v1/events/batch', { events: [EVENT] })).status).toBe(401);
  });

  it('is refused once the key has expired', async () => {
    const { id, client } = await warmKey();
    await change(id, `expires_at = now() - interval '1 second'`);
    expect(await publish(client)).toEqual(REFUSED);
  });

  it('is refused once the key of its session is revoked', async () => {
    const { body } = await api.admin.post('/v1/api-keys', { scopes: ['admin'] });
    const session = await signIn(api, body.key);
    expect((await publish(session)).statuses).toEqual([202, 202]);
    await change(body.id, 'revoked_at = now()');
    expect(await publish(session)).toEqual(REFUSED);
  });

  it('is refused once its session has ended', async () => {
    const { body } = await api.admin.post('/v1/api-keys', { scopes: ['admin'] });
    const session = await signIn(api, body.key);
    expect((await publish(session)).statuses).toEqual([202, 202]);
    await session.delete('/v1/session');
    expect(await publish(session)).toEqual(REFUSED);
  });

  it.each([
    { path: '/v1/events', input: { type: 'no.data' }, status: 422 },
    { path: '/v1/events', input: { ...EVENT, tenantId: 'ten_01jw000000e008000000000001' }, status: 404 },
    { path: '/v1/events/batch', input: { events: [{}] }, status: 202 },
  ])(
    'gets 401 instead of the $status that an active key gets for $input',
    async ({ path, input, status }) => {
      const { id, client } = await warmKey();
      expect((await client.post(path, input)).status).toBe(status);
      await revoke(id);
      expect((await client.post(path, input)).status).toBe(401);
    },
  );

  it('does not affect the events of other keys that are stored in the same batch', async () => {
    const revoked = await Promise.all([warmKey(), warmKey()]);
    const active = await Promise.all([warmKey(), warmKey()]);
    await Promise.all(revoked.map(({ id }) => change(id, 'revoked_at = now()')));
    const statuses = (keys: typeof active) =>
      Promise.all(keys.flatMap(({ client }) => [0, 1, 2].map(() => client.post('/v1/events', EVENT)))).then(
        (responses) => responses.map(({ status }) => status),
      );
    const [ofRevoked, ofActive] = await Promise.all([statuses(revoked), statuses(active)]);
    expect(ofRevoked).toEqual(Array.from({ length: 6 }, () => 401));
    expect(ofActive).toEqual(Array.from({ length: 6 }, () => 202));
  });

  it('stops when the key loses its scope', async () => {
    const { id, client } = await warmKey();
    await change(id, "scopes = '{webhooks:read}'");
    expect((await client.post('/v1/events', EVENT)).status).toBe(403);
  });

  it('can be retried after other rights of the key have changed', async () => {
    const { id, client } = await warmKey();
    await change(id, "scopes = '{events:write,webhooks:read}'");
    expect((await client.post('/v1/events', EVENT)).status).toBe(503);
    expect((await client.post('/v1/events', EVENT)).status).toBe(202);
  });

  it('continues when the key was used, renamed, or expires later', async () => {
    const { id, client } = await warmKey();
    await change(id, "last_used_at = now(), name = 'renamed', expires_at = now() + interval '1 hour'");
    expect(await countLookups(() => client.post('/v1/events', EVENT))).toBe(0);
  });

  it('records that the key is used', async () => {
    const { id, client } = await createKey();
    const lastUsedAt = async () =>
      (await api.admin.get('/v1/api-keys')).body.data.find((key: { id: string }) => key.id === id).lastUsedAt;
    await client.post('/v1/events', EVENT);
    await eventually(async () => expect(await lastUsedAt()).not.toBeNull());
  });

  it('replays a stored response only after a lookup', async () => {
    const { id, client } = await warmKey();
    const batch = () =>
      client.post('/v1/events/batch', { events: [EVENT] }, { 'idempotency-key': `replayed ${id}` });
    expect((await batch()).status).toBe(202);
    await revoke(id);
    expect((await batch()).status).toBe(401);
  });
});

const hashOf = (text: string) => createHash('sha256').update(text).digest();
const key = (id: string): ActiveApiKey => ({
  id,
  kind: 'key',
  tenantId: null,
  tenantIds: null,
  lacksDeleted: false,
  webhookId: null,
  name: id,
  prefix: id,
  role: null,
  scopes: [],
  rights: '',
  portalFeatures: null,
  expiresAt: null,
  parent: null,
});

describe('remembered keys', () => {
  it('are limited in number: those that were found longest ago are forgotten', () => {
    const keys = new RememberedKeys(2);
    for (const id of ['a', 'b', 'a', 'c']) keys.set(hashOf(id), key(id));
    expect(['a', 'b', 'c'].map((id) => keys.get(hashOf(id))?.id)).toEqual(['a', undefined, 'c']);
  });

  it('do not include a key that a lookup has not found', () => {
    const keys = new RememberedKeys();
    keys.set(hashOf('a'), key('a'));
    keys.set(hashOf('a'), undefined);
    expect(keys.get(hashOf('a'))).toBeNull();
  });

  it('do not include a key that lacks a deleted tenant', () => {
    const keys = new RememberedKeys();
    keys.set(hashOf('a'), key('a'));
    keys.set(hashOf('a'), { ...key('a'), lacksDeleted: true });
    expect(keys.get(hashOf('a'))).toBeNull();
  });
});
