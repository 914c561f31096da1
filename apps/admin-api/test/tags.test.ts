// The settings that the operator keeps about tenants and webhooks, and the lists that they filter.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ attestationUntil: new Date(Date.now() + 3_600_000) });
const receiver = useReceiver(api);

const SETTINGS = { timeZone: 'Europe/Berlin', tags: ['enterprise', 'eu'], metadata: { crm: 4711 } };
const NONE = { timeZone: null, tags: [], metadata: {} };

const createTenant = async (fields: object = {}) =>
  (await api.admin.post('/v1/tenants', { name: newId(), ...fields })).body;

const createWebhook = (fields: object) =>
  api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a'], ...fields });

const idsAt = async (path: string): Promise<string[]> =>
  (await api.admin.get(path)).body.data.map(({ id }: { id: string }) => id);

const latestChange = async (target: string) => {
  const { body } = await api.admin.get(`/v1/audit-entries?target=${target}&limit=1`);
  const { action, before, after } = body.data[0];
  return { action, before, after };
};

const INVALID = [
  { tags: [''] },
  { tags: ['two words'] },
  { tags: ['ä'] },
  { tags: ['x'.repeat(51)] },
  { tags: ['a', 'a'] },
  { tags: Array.from({ length: 21 }, (_, index) => `t${index}`) },
  { tags: 'a' },
];

describe('a tenant', () => {
  it('has its settings from its creation, with tags in order', async () => {
    const tenant = await createTenant({ ...SETTINGS, tags: ['eu', 'enterprise'] });
    expect(tenant).toMatchObject(SETTINGS);
    expect((await api.admin.get(`/v1/tenants/${tenant.id}`)).body).toMatchObject(SETTINGS);
    const [listed] = (await api.admin.get(`/v1/tenants?search=${tenant.name}`)).body.data;
    expect(listed).toMatchObject(SETTINGS);
    expect(await createTenant()).toMatchObject(NONE);
  });

  it('keeps what a PATCH does not change, null resets, and both are in the audit log', async () => {
    const { id } = await createTenant(SETTINGS);
    const path = `/v1/tenants/${id}`;
    const changed = await api.admin.patch(path, { tags: ['trial'] });
    expect(changed.body).toMatchObject({ ...SETTINGS, tags: ['trial'] });
    expect(await latestChange(id)).toEqual({
      action: 'tenant.updated',
      before: { tags: SETTINGS.tags },
      after: { tags: ['trial'] },
    });
    const reset = await api.admin.patch(path, { timeZone: null, tags: null, metadata: null });
    expect(reset.body).toMatchObject(NONE);
    expect((await latestChange(id)).after).toEqual(NONE);
  });

  it('loses what a PUT does not name', async () => {
    const externalId = newId();
    const path = `/v1/tenants/ext:${externalId}`;
    const created = await api.admin.put(path, { name: externalId, ...SETTINGS });
    expect(created).toMatchObject({ status: 201, body: SETTINGS });
    expect(await api.admin.put(path, { name: externalId })).toMatchObject({ status: 200, body: NONE });
    expect((await api.admin.put(path, { name: externalId, ...SETTINGS })).body).toMatchObject(SETTINGS);
  });

  it.each([
    ...INVALID,
    { timeZone: 'Europe/Atlantis' },
    { timeZone: '+02:00' },
    { timeZone: '' },
    { metadata: [] },
    { metadata: { long: 'x'.repeat(4096) } },
  ])('is not changed by %j', async (fields) => {
    const { id } = await createTenant(SETTINGS);
    const { status, body } = await api.admin.patch(`/v1/tenants/${id}`, fields);
    expect([status, body.code]).toEqual([422, 'invalid_input']);
    expect(body.errors[0].path).toMatch(/^(?:tags|timeZone|metadata)/);
    expect((await api.admin.get(`/v1/tenants/${id}`)).body).toMatchObject(SETTINGS);
  });

  it('shows its own keys neither its tags nor its metadata', async () => {
    const { id, key } = await createTenant(SETTINGS);
    const { body } = await api.client(key).get(`/v1/tenants/${id}`);
    expect(body).toMatchObject({ timeZone: 'Europe/Berlin', tags: null, metadata: null });
  });

  it('shows them to its own keys in no audit entry either', async () => {
    const { id } = await createTenant(SETTINGS);
    await api.admin.patch(`/v1/tenants/${id}`, { tags: ['risky'], metadata: { note: 'late' }, locale: 'fr' });
    const { body: own } = await api.admin.post('/v1/api-keys', {
      tenantId: id,
      name: 'own',
      scopes: ['admin'],
    });
    const updateSeenBy = async (client: CheckedClient) =>
      (await client.get(`/v1/audit-entries?tenantId=${id}&action=tenant.updated`)).body.data[0];
    expect(await updateSeenBy(api.admin)).toMatchObject({
      before: { tags: SETTINGS.tags },
      after: { tags: ['risky'], metadata: { note: 'late' }, locale: 'fr' },
    });
    const { before, after } = await updateSeenBy(api.client(own.key));
    expect(after).toEqual({ locale: 'fr' });
    expect(Object.keys(before)).toEqual(['locale']);
  });
});

describe('the list of tenants', () => {
  const [suffix, name] = [newId(), `Listed ${newId()}`];
  const [a, b] = [`a-${suffix}`, `b-${suffix}`];
  let ids: Record<'both' | 'one' | 'suspended' | 'deleted', string>;

  beforeAll(async () => {
    ids = {
      both: (await createTenant({ name: `${name} both`, tags: [a, b] })).id,
      one: (await createTenant({ name: `${name} one`, tags: [a] })).id,
      suspended: (await createTenant({ name: `${name} suspended`, tags: [a] })).id,
      deleted: (await createTenant({ name: `${name} deleted`, tags: [a, b] })).id,
    };
    await api.admin.post(`/v1/tenants/${ids.suspended}/suspend`);
    await api.admin.delete(`/v1/tenants/${ids.deleted}`);
  });

  it('has those with a tag, and with all of several', async () => {
    expect(await idsAt(`/v1/tenants?tag=${a}`)).toEqual([ids.suspended, ids.one, ids.both]);
    expect(await idsAt(`/v1/tenants?tag=${a}&tag=${b}`)).toEqual([ids.both]);
    expect(await idsAt(`/v1/tenants?tag=${a},${b}`)).toEqual([ids.both]);
    expect(await idsAt(`/v1/tenants?tag=none-${suffix}`)).toEqual([]);
    expect((await api.admin.get('/v1/tenants?tag=two%20words')).status).toBe(422);
  });

  it('has those of a status; deleted ones only on demand', async () => {
    const search = `search=${encodeURIComponent(name)}`;
    expect(await idsAt(`/v1/tenants?${search}`)).toEqual([ids.suspended, ids.one, ids.both]);
    expect(await idsAt(`/v1/tenants?${search}&status=active`)).toEqual([ids.one, ids.both]);
    expect(await idsAt(`/v1/tenants?${search}&status=suspended`)).toEqual([ids.suspended]);
    expect(await idsAt(`/v1/tenants?${search}&status=deleted`)).toEqual([ids.deleted]);
    expect((await api.admin.get('/v1/tenants?status=gone')).status).toBe(422);
  });

  it('and the search find them by name and external id, but no deleted ones', async () => {
    const found = await api.admin.get(`/v1/search?q=${encodeURIComponent(name)}`);
    expect(found.body.data.map(({ id }: { id: string }) => id)).toEqual([ids.suspended, ids.one, ids.both]);
    const externalId = newId();
    const { id } = await createTenant({ externalId });
    expect(await idsAt(`/v1/tenants?search=${externalId}`)).toEqual([id]);
    expect(await idsAt(`/v1/search?q=${externalId}`)).toEqual([id]);
    await api.admin.delete(`/v1/tenants/${id}`);
    expect(await idsAt(`/v1/search?q=${externalId}`)).toEqual([]);
  });
});

describe('the tags of a webhook', () => {
  it('are set, replaced and reset, and recorded in the audit log', async () => {
    const { body: webhook } = await createWebhook({ tags: ['b', 'a:1'] });
    expect(webhook.tags).toEqual(['a:1', 'b']);
    const path = `/v1/webhooks/${webhook.id}`;
    expect((await api.admin.patch(path, { description: 'other' })).body.tags).toEqual(['a:1', 'b']);
    expect((await api.admin.patch(path, { tags: ['c'] })).body.tags).toEqual(['c']);
    expect(await latestChange(webhook.id)).toEqual({
      action: 'webhook.updated',
      before: { tags: ['a:1', 'b'] },
      after: { tags: ['c'] },
    });
    expect((await api.admin.patch(path, { tags: null })).body.tags).toEqual([]);
  });

  it('follow a PUT and an import', async () => {
    const externalId = newId();
    const fields = { url: receiver.url, eventTypes: ['a'] };
    const path = `/v1/webhooks/ext:${externalId}`;
    expect((await api.admin.put(path, { ...fields, tags: ['a'] })).body.tags).toEqual(['a']);
    expect((await api.admin.put(path, fields)).body.tags).toEqual([]);
    const importTagged = async (tags: string[]) =>
      (await api.admin.put(`${path}/import`, { ...fields, source: 'Test', mode: 'replace', tags })).body;
    expect((await importTagged(['z', 'y'])).webhook.tags).toEqual(['y', 'z']);
    expect(await importTagged(['y', 'z'])).toMatchObject({ action: 'unchanged' });
  });

  it.each(INVALID)('are not %j', async ({ tags }) => {
    const { status, body } = await createWebhook({ tags });
    expect([status, body.code]).toEqual([422, 'invalid_input']);
  });

  it('change nothing about its requests', async () => {
    const webhook = await createActiveWebhook(api.admin, receiver, { eventTypes: ['a'] });
    const before = (await api.admin.get(`/v1/webhooks/${webhook.id}`)).body;
    const { body } = await api.admin.patch(`/v1/webhooks/${webhook.id}`, { tags: ['a'] });
    const { updatedAt: _, tags: _tags, ...others } = before;
    expect(body).toMatchObject(others);
  });

  it('select webhooks of a list, of one tenant or all', async () => {
    const [a, b] = [`a-${newId()}`, `b-${newId()}`];
    const { id: tenantId, key } = await createTenant();
    const created = [
      await createWebhook({ tenantId, tags: [a, b] }),
      await createWebhook({ tenantId, tags: [a] }),
      await createWebhook({ tags: [a, b] }),
    ];
    const [ours, other, elsewhere] = created.map(({ body }) => body.id);
    expect(await idsAt(`/v1/webhooks?tenantId=*&tag=${a}`)).toEqual([elsewhere, other, ours]);
    expect(await idsAt(`/v1/webhooks?tenantId=*&tag=${a}&tag=${b}`)).toEqual([elsewhere, ours]);
    expect(await idsAt(`/v1/webhooks?tenantId=${tenantId}&tag=${a}`)).toEqual([other, ours]);
    const own = await api.client(key).get(`/v1/webhooks?tag=${b}&sort=health`);
    expect(own.body.data).toMatchObject([{ id: ours, tags: [a, b].toSorted() }]);
  });
});
