// What keys with a role may do: access.test.ts tries each operation with each role.
import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, ROLE_SCOPES, ROLES } from '@posthorn/core';
import { createActiveWebhook, eventually } from '@posthorn/testkit';
import { cookieOf, signIn } from './sign-in.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

async function createKey(fields: Record<string, unknown>) {
  const { status, body } = await api.admin.post('/v1/api-keys', fields);
  expect(status).toBe(201);
  return { id: String(body.id), key: String(body.key), client: api.client(body.key), shown: body };
}

const forbidden = (scope: string) => ({
  status: 403,
  body: { code: 'forbidden', detail: `Requires the scope ${scope}` },
});

const change = (id: string, set: string) =>
  api.deps.pool.query(`UPDATE api_key SET ${set} WHERE id = $1`, [decodeId('apiKey', id)]);

const errorsOf = async (fields: Record<string, unknown>) => {
  const { status, body } = await api.admin.post('/v1/api-keys', fields);
  expect(status).toBe(422);
  return body.errors.map(({ path, code }: { path: string; code: string }) => `${path}: ${code}`);
};

describe('a key with a role', () => {
  it.each(ROLES)('shows the role %s and its scopes', async (role) => {
    const { id, client, shown } = await createKey({ role });
    expect(shown).toMatchObject({ role, scopes: ROLE_SCOPES[role], tenantIds: null });
    expect((await api.admin.get(`/v1/api-keys/${id}`)).body).toMatchObject({
      role,
      scopes: ROLE_SCOPES[role],
    });
    const session = (await client.get('/v1/session')).body;
    expect(session.holder.role).toBe(role);
    expect(session.holder.scopes.toSorted()).toEqual(ROLE_SCOPES[role].toSorted());
  });

  it('stores no scopes, so that it follows the table of roles', async () => {
    const { id } = await createKey({ role: 'operator' });
    const { rows } = await api.deps.pool.query('SELECT role, scopes FROM api_key WHERE id = $1', [
      decodeId('apiKey', id),
    ]);
    expect(rows).toEqual([{ role: 'operator', scopes: [] }]);
  });

  it('has no other scopes, and is not the key of a feed', async () => {
    const { id: webhookId } = await createActiveWebhook(api.admin, receiver);
    expect(await errorsOf({ role: 'viewer', scopes: ['webhooks:read'] })).toEqual(['role: not_with']);
    expect(await errorsOf({ role: 'viewer', webhookId })).toEqual(['role: not_with']);
    expect(await errorsOf({ role: 'owner' })).toEqual(['role: one_of']);
  });

  it('keeps its role when it is rotated, also in the audit log', async () => {
    const { id } = await createKey({ role: 'viewer' });
    const { body } = await api.admin.post(`/v1/api-keys/${id}/rotate`);
    expect(body).toMatchObject({ role: 'viewer', scopes: ROLE_SCOPES.viewer });
    const { data } = (await api.admin.get(`/v1/audit-entries?target=${body.id}`)).body;
    expect(data).toMatchObject([{ action: 'api_key.created', after: { role: 'viewer' } }]);
  });

  it('gets an error that names the missing scope', async () => {
    const [viewer, operator] = [await createKey({ role: 'viewer' }), await createKey({ role: 'operator' })];
    const { id } = await createActiveWebhook(api.admin, receiver);
    expect(await viewer.client.post(`/v1/webhooks/${id}/suspend`)).toMatchObject(
      forbidden('webhooks:operate'),
    );
    expect(await operator.client.post(`/v1/webhooks/${id}/suspend`)).toMatchObject({ status: 200 });
    expect(await operator.client.post(`/v1/webhooks/${id}/reactivate`)).toMatchObject({ status: 200 });
    expect(await operator.client.patch(`/v1/webhooks/${id}`, {})).toMatchObject(forbidden('webhooks:write'));
    expect(await operator.client.post('/v1/tenants', { name: 'new' })).toMatchObject(forbidden('admin'));
  });

  it('shows redacted values to operators, not to viewers', async () => {
    await api.admin.post('/v1/event-types', { name: 'card.charged', redact: ['/card'] });
    const { id } = (
      await api.admin.post('/v1/events', { type: 'card.charged', data: { card: '4000', n: 1 } })
    ).body;
    const dataFor = async (role: string) =>
      (await (await createKey({ role })).client.get(`/v1/events/${id}`)).body.data;
    expect(await dataFor('viewer')).toEqual({ card: '•••', n: 1 });
    expect(await dataFor('operator')).toEqual({ card: '4000', n: 1 });
  });
});

describe('a session', () => {
  it('has the rights of its key at each request', async () => {
    const { id, key } = await createKey({ role: 'viewer' });
    const page = await signIn(api, key);
    expect((await page.get('/v1/audit-entries')).status).toBe(200);
    await change(id, "role = NULL, scopes = '{webhooks:read}'");
    expect((await page.get('/v1/webhooks')).status).toBe(200);
    expect((await page.get('/v1/audit-entries')).status).toBe(403);
    await change(id, "role = 'admin'");
    expect((await page.get('/v1/tenants')).status).toBe(200);
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'only' });
    await api.deps.pool.query('UPDATE api_key SET tenant_id = $2 WHERE id = $1', [
      decodeId('apiKey', id),
      decodeId('tenant', tenant.id),
    ]);
    expect((await page.get('/v1/tenants')).status).toBe(403);
    await change(id, 'revoked_at = now()');
    expect((await page.get('/v1/webhooks')).status).toBe(401);
  });

  it.each([
    ['loses the scope', "role = NULL, scopes = '{webhooks:read}'"],
    ['is limited to tenants', `tenant_ids = '{00000000-0000-7000-8000-000000000000}'`],
    ['is revoked', 'revoked_at = now()'],
  ])('ends its live stream when the key %s', async (_name, set) => {
    const { id, key } = await createKey({ role: 'viewer' });
    const signedIn = await api.client().post('/v1/session', { key });
    const request = get(`${api.url}/v1/overview/live`, { headers: { cookie: cookieOf(signedIn) } });
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (!response) throw new Error('no response');
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    const ended = once(response, 'close');
    await eventually(() => expect(text).toContain('event: overview'));
    await change(id, set);
    await ended;
    expect(response.complete).toBe(true);
  });
});

describe('a key that is limited to several tenants', () => {
  let names = 0;
  const createTenant = async () => {
    const { body } = await api.admin.post('/v1/tenants', {
      name: `limited ${(names += 1)}`,
      externalId: `l${names}`,
    });
    return { id: String(body.id), name: String(body.name), admin: api.client(body.key) };
  };
  type Tenant = Awaited<ReturnType<typeof createTenant>>;
  let first: Tenant;
  let second: Tenant;
  let foreign: Tenant;
  let limited: Awaited<ReturnType<typeof createKey>>;

  beforeAll(async () => {
    [first, second, foreign] = [await createTenant(), await createTenant(), await createTenant()];
    limited = await createKey({ role: 'admin', tenantIds: [first.id, 'ext:l2', second.id] });
  });

  it('shows its tenants', async () => {
    expect(limited.shown).toMatchObject({ tenantId: null, tenantIds: [first.id, second.id], role: 'admin' });
    const { body } = await limited.client.get('/v1/session');
    expect(body).toMatchObject({
      holder: { tenantId: null, tenantIds: [first.id, second.id] },
      tenants: [first, second].map(({ id, name }) => ({ id, name })),
    });
    const { data } = (await api.admin.get(`/v1/audit-entries?target=${limited.id}`)).body;
    expect(data[0].after.tenantIds).toEqual([first.id, second.id]);
  });

  it('has to name a tenant unless the call has a resource', async () => {
    for (const path of ['/v1/webhooks', '/v1/audit-entries', '/v1/search?q=a', '/v1/overview'])
      expect(await limited.client.get(path)).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'tenantId', code: 'required' }] },
      });
    const single = await createKey({ scopes: ['webhooks:read'], tenantIds: [first.id] });
    expect((await single.client.get('/v1/webhooks')).status).toBe(200);
  });

  it('sees the resources of each of its tenants and of no other, in lists and by id', async () => {
    for (const { id, admin } of [first, second, foreign]) {
      const webhook = await createActiveWebhook(admin, receiver);
      const event = (await admin.post('/v1/events', { type: 'a.b', data: {} })).body;
      const status = id === foreign.id ? 404 : 200;
      const delivery = (await admin.get(`/v1/events/${event.id}/deliveries`)).body.data[0];
      for (const path of [
        `/v1/webhooks?tenantId=${id}`,
        `/v1/webhooks/${webhook.id}`,
        `/v1/deliveries/${delivery.id}`,
        `/v1/events/${event.id}`,
        `/v1/tenants/${id}`,
        `/v1/stats/webhooks?webhookIds=${webhook.id}&tenantId=${id}`,
      ])
        expect([path, (await limited.client.get(path)).status]).toEqual([path, status]);
      const { data } = (await limited.client.get(`/v1/deliveries?webhookId=${webhook.id}`)).body;
      expect(data).toHaveLength(id === foreign.id ? 0 : 1);
    }
    expect((await limited.client.get('/v1/webhooks?tenantId=*')).status).toBe(403);
    expect((await limited.client.get('/v1/webhooks?tenantId=system')).status).toBe(404);
    expect((await limited.client.get('/v1/tenants')).status).toBe(403);
  });

  it('finds a webhook by its external id in the named tenant', async () => {
    await second.admin.put('/v1/webhooks/ext:main', { url: receiver.url, eventTypes: ['never'] });
    const path = '/v1/webhooks/ext:main';
    expect((await limited.client.get(`${path}?tenantId=ext:l2`)).status).toBe(200);
    expect((await limited.client.get(`${path}?tenantId=${first.id}`)).status).toBe(404);
    expect(await limited.client.get(path)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'tenantId', code: 'ambiguous_tenant' }] },
    });
  });

  it('publishes for its tenants only, also in one batch', async () => {
    const event = { type: 'a.b', data: {} };
    const tenantIds = [first.id, second.id, foreign.id, undefined];
    const statuses = [];
    for (const tenantId of tenantIds)
      statuses.push((await limited.client.post('/v1/events', { ...event, tenantId })).status);
    expect(statuses).toEqual([202, 202, 404, 422]);
    expect((await limited.client.post('/v1/events', event)).body.errors).toMatchObject([
      { path: 'tenantId', code: 'required' },
    ]);
    const { body } = await limited.client.post('/v1/events/batch', {
      events: tenantIds.map((tenantId) => ({ type: 'a.b', data: {}, tenantId })),
    });
    expect(body.accepted.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
    expect(body.rejected).toMatchObject([
      { index: 2, code: 'not_found' },
      { index: 3, code: 'invalid_input', errors: [{ path: 'tenantId', code: 'required' }] },
    ]);
  });

  it('does not publish for the default tenant without naming it', async () => {
    const { client } = await createKey({ role: 'admin', tenantIds: ['default', first.id] });
    expect((await client.post('/v1/events', { type: 'a.b', data: {} })).status).toBe(422);
    const tenantId = 'default';
    expect((await client.post('/v1/events', { type: 'a.b', data: {}, tenantId })).status).toBe(202);
  });

  it('replaces a webhook by its external id only in a tenant that it names', async () => {
    const settings = { url: receiver.url, eventTypes: ['a.b'] };
    for (const id of ['named', decodeId('tenant', second.id) ?? '']) {
      const path = `/v1/webhooks/ext:${id}`;
      expect(await limited.client.put(path, settings)).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'tenantId', code: 'required' }] },
      });
      const { status, body } = await limited.client.put(`${path}?tenantId=${second.id}`, settings);
      expect([status, body.tenantId]).toEqual([201, second.id]);
    }
  });

  it('does not get a stored response of a tenant that is out of reach', async () => {
    const one = await createTenant();
    const { client } = await createKey({ role: 'admin', tenantIds: [one.id, first.id] });
    const headers = { 'idempotency-key': one.id };
    const body = { url: receiver.url, eventTypes: ['a.b'], tenantId: one.id };
    const create = () => client.post('/v1/webhooks', body, headers);
    const created = await create();
    expect([created.status, (await create()).body]).toEqual([201, created.body]);
    const path = `/v1/webhooks/${created.body.id}/secrets/rotate`;
    const rotate = () => client.post(path, {}, { 'idempotency-key': `rotate ${one.id}` });
    expect((await rotate()).status).toBe(200);
    await api.admin.delete(`/v1/tenants/${one.id}`);
    expect([(await create()).status, (await rotate()).status]).toEqual([404, 404]);
    await api.admin.post(`/v1/tenants/${one.id}/restore`);
    expect((await create()).body).toEqual(created.body);
  });

  it('repeats an erasure in the tenant of its receipt', async () => {
    const input = { tenantId: first.id, key: '/customer/id', value: 'cus_1' };
    const { id } = (await limited.client.post('/v1/erasures', input)).body;
    const { receipt } = (await limited.client.get(`/v1/erasures/${id}`)).body;
    const { status, body } = await limited.client.post('/v1/erasures', { receipt });
    expect([status, body.id]).toEqual([202, id]);
    const other = await createKey({ role: 'admin', tenantIds: [second.id, foreign.id] });
    expect((await other.client.post('/v1/erasures', { receipt })).status).toBe(404);
    expect(await other.client.post('/v1/erasures', { receipt: 'none' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'receipt', code: 'not_receipt' }] },
    });
  });

  it('acts like an operator in the audit log of a tenant, and as no key of it', async () => {
    const webhook = await createActiveWebhook(first.admin, receiver);
    expect((await limited.client.post(`/v1/webhooks/${webhook.id}/suspend`)).status).toBe(200);
    const { data } = (await first.admin.get('/v1/webhooks')).body;
    expect(data.find(({ id }: { id: string }) => id === webhook.id).status).toBe('suspended');
    const auditor = (await createKey({ role: 'viewer', tenantId: first.id })).client;
    const entries = (await auditor.get(`/v1/audit-entries?target=${webhook.id}`)).body.data;
    expect(entries[0]).toMatchObject({
      action: 'webhook.suspended',
      actor: { keyId: null, name: 'operator' },
    });
    const keys = (await auditor.get('/v1/api-keys')).body.data;
    expect(keys.map(({ id }: { id: string }) => id)).not.toContain(limited.id);
  });

  it('is created only by a key for all tenants, with 1 to 100 existing tenants', async () => {
    const tenantIds = [first.id];
    for (const fields of [{ tenantIds }, { tenantIds, tenantId: first.id }, { tenantIds: [foreign.id] }])
      expect(await limited.client.post('/v1/api-keys', fields)).toMatchObject({
        status: 403,
        body: { detail: 'Only a key for all tenants may create a key with `tenantIds`' },
      });
    const ofTenant = await createKey({ scopes: ['admin'], tenantId: first.id });
    expect((await ofTenant.client.post('/v1/api-keys', { tenantIds })).status).toBe(403);
    expect((await api.admin.post('/v1/api-keys', { tenantIds: [UNKNOWN_TENANT] })).status).toBe(404);
    expect(await errorsOf({ tenantIds, tenantId: first.id })).toEqual(['tenantIds: not_with']);
    expect(await errorsOf({ tenantIds: [] })).toEqual(['tenantIds: empty']);
    const many = Array.from({ length: 101 }, () => first.id);
    expect(await errorsOf({ tenantIds: many })).toEqual(['tenantIds: too_many_items']);
  });

  it('keeps its tenants when it is rotated', async () => {
    const key = await createKey({ role: 'viewer', tenantIds: [first.id] });
    const { body } = await api.admin.post(`/v1/api-keys/${key.id}/rotate`);
    expect(body.tenantIds).toEqual([first.id]);
  });

  it('loses a deleted tenant, and is not valid without any', async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const { client } = await createKey({ role: 'admin', tenantIds: [one.id, other.id] });
    const publish = (tenantId: string) => client.post('/v1/events', { type: 'a.b', data: {}, tenantId });
    expect((await publish(one.id)).status).toBe(202);
    await api.admin.delete(`/v1/tenants/${one.id}`);
    expect((await publish(one.id)).status).toBe(404);
    expect((await client.get(`/v1/webhooks?tenantId=${one.id}`)).status).toBe(404);
    expect((await client.get(`/v1/webhooks?tenantId=${other.id}`)).status).toBe(200);
    await api.admin.delete(`/v1/tenants/${other.id}`);
    expect((await client.get(`/v1/webhooks?tenantId=${other.id}`)).status).toBe(401);
    for (const { id } of [one, other]) await api.admin.post(`/v1/tenants/${id}/restore`);
    expect([(await publish(one.id)).status, (await publish(other.id)).status]).toEqual([202, 202]);
  });

  it('publishes for a restored tenant, also when it was looked up without it', async () => {
    const [one, other] = [await createTenant(), await createTenant()];
    const { client } = await createKey({ role: 'admin', tenantIds: [one.id, other.id] });
    const publish = (tenantId: string) => client.post('/v1/events', { type: 'a.b', data: {}, tenantId });
    await api.admin.delete(`/v1/tenants/${one.id}`);
    expect((await publish(other.id)).status).toBe(202);
    await api.admin.post(`/v1/tenants/${one.id}/restore`);
    expect((await publish(one.id)).status).toBe(202);
  });
});

const UNKNOWN_TENANT = 'ten_01jw000000e008000000000001';
