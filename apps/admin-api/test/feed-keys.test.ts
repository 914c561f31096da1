// Who can read a feed, and the keys that can read nothing else.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATION_IDS, type RouteDefinition, ROUTES } from '@posthorn/contract';
import type { Scope } from '@posthorn/core';
import { Webhook } from 'standardwebhooks';
import type { CheckedClient } from './checked-client.js';
import { createFeedWebhook, type FeedWebhook, settle } from './feed-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

let tenant: { id: string; key: string; client: CheckedClient };
let webhook: FeedWebhook;

beforeAll(async () => {
  const { body } = await api.admin.post('/v1/tenants', { name: 'customer' });
  tenant = { ...body, client: api.client(body.key) };
  webhook = await createFeedWebhook(api, receiver, { tenantId: tenant.id });
  await webhook.publish();
});

const createKey = (fields: object, client = api.admin) => client.post('/v1/api-keys', fields);

/** Creates a key for the feed of a webhook. */
async function feedKey(of = webhook, client = api.admin) {
  const { status, body } = await createKey({ name: 'reader', webhookId: of.id }, client);
  expect(status).toBe(201);
  return { ...body, client: api.client(body.key) };
}

async function portalOf(fields: object): Promise<CheckedClient> {
  const { body } = await api.admin.post('/v1/portal-links', { tenantId: tenant.id, ...fields });
  return api.client(/#token=(php_[\w-]{43})$/.exec(body.url)?.[1]);
}

/** Calls an operation without valid input. */
const call = (client: CheckedClient, { method, path }: RouteDefinition) => {
  const named = path
    .replace('/v1/webhooks/:id', `/v1/webhooks/${webhook.id}`)
    .replaceAll(/:\w+/g, 'wh_01jw000000e008000000000001');
  return method === 'get' || method === 'delete' ? client[method](named) : client[method](named, {});
};

describe('a key of a feed', () => {
  it('has the tenant of its webhook, the scope feed:read, and nothing else', async () => {
    const key = await feedKey();
    expect(key).toMatchObject({ tenantId: tenant.id, webhookId: webhook.id, scopes: ['feed:read'] });
    expect((await api.admin.get(`/v1/api-keys/${key.id}`)).body).toMatchObject({ webhookId: webhook.id });
    const { body } = await api.admin.get(`/v1/api-keys?webhookId=${webhook.id}&limit=200`);
    expect(body.data.map(({ id }: { id: string }) => id)).toContain(key.id);
    expect(body.data.every(({ webhookId }: { webhookId: string }) => webhookId === webhook.id)).toBe(true);
  });

  it('reads the feed, whose entries it can verify, and stores the cursor', async () => {
    const { client } = await feedKey();
    const [entry] = (await webhook.feed('', client)).body.entries;
    expect(new Webhook(webhook.secret).verify(entry.body, entry.headers)).toMatchObject({
      type: webhook.type,
    });
    const stored = await client.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: 1 });
    expect(stored).toMatchObject({ status: 200, body: { cursor: 1, last: 1 } });
    await client.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: 0 });
  });

  it('does not find other webhooks', async () => {
    const { client } = await feedKey();
    const other = await createFeedWebhook(api, receiver, { tenantId: tenant.id, externalId: 'other-feed' });
    expect((await other.feed('', client)).status).toBe(404);
    expect((await client.get('/v1/webhooks/ext:other-feed/feed')).status).toBe(404);
    expect((await client.post(`/v1/webhooks/${other.id}/feed/cursor`, { sequence: 0 })).status).toBe(404);
  });

  it('can make no other call', async () => {
    const { client, key } = await feedKey();
    const results: string[] = [];
    for (const id of OPERATION_IDS) {
      const { status } =
        id === 'createSession'
          ? await api.client().post('/v1/session', { key })
          : await call(client, ROUTES[id]);
      if (status !== 403) results.push(`${id} ${status}`);
    }
    expect(results).toEqual(['getFeed 200', 'getFeedCursor 200', 'setFeedCursor 422']);
  });

  it('keeps its webhook when it is rotated', async () => {
    const old = await feedKey();
    const { status, body } = await api.admin.post(`/v1/api-keys/${old.id}/rotate`, { overlapHours: 0 });
    expect([status, body.webhookId, body.scopes]).toEqual([201, webhook.id, ['feed:read']]);
    expect((await webhook.feed('', api.client(body.key))).status).toBe(200);
    expect((await webhook.feed('', old.client)).status).toBe(401);
  });

  it('ends with its webhook', async () => {
    const short = await createFeedWebhook(api, receiver, { tenantId: tenant.id });
    const { client } = await feedKey(short);
    expect((await short.feed('', client)).status).toBe(200);
    await api.admin.delete(`/v1/webhooks/${short.id}`);
    expect((await short.feed('', client)).status).toBe(401);
  });

  it('is recorded in the audit log with its webhook', async () => {
    const { id } = await feedKey();
    const { data } = (await api.admin.get(`/v1/audit-entries?target=${id}`)).body;
    expect(data.map(({ action, after }: { action: string; after: object }) => [action, after])).toEqual([
      ['api_key.created', expect.objectContaining({ webhookId: webhook.id, scopes: ['feed:read'] })],
    ]);
  });

  it('counts toward the quota of its tenant', async () => {
    const { body } = await api.admin.post('/v1/tenants', { name: 'small', quotas: { apiKeys: 1 } });
    const one = await createFeedWebhook(api, receiver, { tenantId: body.id });
    expect(await createKey({ webhookId: one.id })).toMatchObject({
      status: 403,
      body: { code: 'quota_exceeded' },
    });
  });

  it.each([
    [{ scopes: ['feed:read', 'events:read'] }, 422, 'constant'],
    [{ scopes: ['admin'] }, 422, 'constant'],
    [{ tenantId: 'default' }, 404, undefined],
    [{ webhookId: 'wh_01jw000000e008000000000001' }, 404, undefined],
  ])('is not created with %j', async (fields, status, code) => {
    const result = await createKey({ webhookId: webhook.id, ...fields });
    expect([result.status, result.body.errors?.[0].code]).toEqual([status, code]);
  });

  it('is not created for a webhook of another tenant', async () => {
    const { body } = await api.admin.post('/v1/tenants', { name: 'another' });
    expect((await createKey({ webhookId: webhook.id }, api.client(body.key))).status).toBe(404);
  });
});

describe('without the scope admin', () => {
  it('only keys of feeds can be created, found, listed, rotated and revoked', async () => {
    const { client } = tenant;
    expect(await createKey({ name: 'any' }, client)).toMatchObject({ status: 403 });
    const key = await feedKey(webhook, client);
    const other = (await createKey({ tenantId: tenant.id })).body;
    expect((await client.get(`/v1/api-keys/${key.id}`)).status).toBe(200);
    expect((await client.get(`/v1/api-keys/${other.id}`)).status).toBe(404);
    const { data } = (await client.get('/v1/api-keys?limit=200')).body;
    expect(data.map(({ id }: { id: string }) => id)).toContain(key.id);
    expect(data.every(({ webhookId }: { webhookId: string | null }) => webhookId !== null)).toBe(true);
    expect((await client.post(`/v1/api-keys/${other.id}/rotate`)).status).toBe(404);
    expect((await client.post(`/v1/api-keys/${key.id}/rotate`)).status).toBe(201);
    expect((await client.delete(`/v1/api-keys/${other.id}`)).status).toBe(404);
    expect((await client.delete(`/v1/api-keys/${key.id}`)).status).toBe(204);
  });

  it('one cannot be created by a key that could not read the feed itself', async () => {
    const { body } = await createKey({ tenantId: tenant.id, scopes: ['webhooks:read', 'webhooks:write'] });
    expect((await createKey({ webhookId: webhook.id }, api.client(body.key))).status).toBe(403);
  });

  it('a portal link needs the features secrets and events', async () => {
    const portal = await portalOf({});
    const { status, body } = await createKey({ webhookId: webhook.id }, portal);
    expect(status).toBe(201);
    // It outlives the link.
    expect(body.expiresAt).toBeNull();
    for (const feature of ['secrets', 'events']) {
      const limited = await portalOf({ features: { [feature]: false } });
      expect((await createKey({ webhookId: webhook.id }, limited)).status).toBe(403);
    }
    expect((await createKey({ webhookId: webhook.id }, await portalOf({ role: 'viewer' }))).status).toBe(403);
  });
});

/** Reads the feed with a key of these scopes. */
const read = async (scopes: Scope[]) => {
  const { body } = await createKey({ tenantId: tenant.id, scopes });
  return webhook.feed('', api.client(body.key));
};

const signatureOf = ({ body }: Awaited<ReturnType<typeof read>>) =>
  body.entries[0].headers['webhook-signature'];

/** Stores the cursor with a key of these scopes. */
const store = async (scopes: Scope[]) => {
  const { body } = await createKey({ tenantId: tenant.id, scopes });
  return (await api.client(body.key).post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: 0 })).status;
};

describe('a feed is read', () => {
  it('with feed:read, or with webhooks:read, events:read and payloads:read together', async () => {
    const statuses = await Promise.all(
      [
        ['feed:read'],
        ['admin'],
        ['webhooks:read', 'events:read', 'payloads:read'],
        ['webhooks:read', 'events:read'],
        ['webhooks:read'],
        ['events:read'],
        ['deliveries:read'],
      ].map(async (scopes) => (await read(scopes as Scope[])).status),
    );
    expect(statuses).toEqual([200, 200, 200, 403, 403, 403, 403]);
  });

  it('without signatures by keys that do not see secrets', async () => {
    const scopes: Scope[] = ['webhooks:read', 'events:read', 'payloads:read'];
    expect(signatureOf(await read(scopes))).toBe('[redacted]');
    expect(signatureOf(await read([...scopes, 'webhooks:write']))).toMatch(/^v1,/);
    expect(signatureOf(await read(['feed:read']))).toMatch(/^v1,/);
    expect(signatureOf(await webhook.feed('', await portalOf({ features: { secrets: false } })))).toBe(
      '[redacted]',
    );
    expect(signatureOf(await webhook.feed('', await portalOf({})))).toMatch(/^v1,/);
  });

  it('only in the own tenant', async () => {
    const { body } = await api.admin.post('/v1/tenants', { name: 'stranger' });
    const stranger = api.client(body.key);
    expect((await webhook.feed('', stranger)).status).toBe(404);
    expect((await stranger.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: 0 })).status).toBe(404);
  });

  it('and its cursor stored by those who may change webhooks', async () => {
    expect(await store(['feed:read'])).toBe(200);
    expect(await store(['webhooks:write'])).toBe(200);
    expect(await store(['webhooks:read', 'events:read'])).toBe(403);
  });

  it('without saying that a webhook is a shadow, except to the operator', async () => {
    const shadow = await createFeedWebhook(api, receiver, { tenantId: tenant.id, shadow: true });
    await shadow.publish();
    await settle(api, shadow, { sequence: 1, status: 'dropped', reason: 'shadow' });
    const entryOf = async (client?: CheckedClient) => (await shadow.feed('', client)).body.entries[0];
    expect(await entryOf()).toMatchObject({ status: 'dropped', reason: 'shadow' });
    expect(await entryOf(tenant.client)).toMatchObject({ status: 'dropped', reason: null });
  });
});
