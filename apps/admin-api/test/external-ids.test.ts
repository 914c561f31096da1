import { describe, expect, it } from '@jest/globals';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

let number = 0;
const newExternalId = () => `own/${(number += 1)}`;
const pathOf = (externalId: string) => `ext:${encodeURIComponent(externalId)}`;

async function createTenant(externalId: string) {
  const { body, status } = await api.admin.post('/v1/tenants', { name: externalId, externalId });
  expect(status).toBe(201);
  expect(body.externalId).toBe(externalId);
  return { id: body.id, client: api.client(body.key) };
}

describe('the external id of a webhook', () => {
  it('can be used in place of its id in every path and filter', async () => {
    const externalId = newExternalId();
    const webhook = await createActiveWebhook(api.admin, receiver, { externalId, eventTypes: ['ext.event'] });
    const own = `/v1/webhooks/${pathOf(externalId)}`;
    expect((await api.admin.get(own)).body).toMatchObject({ id: webhook.id, externalId });
    expect((await api.admin.patch(own, { description: 'mine' })).body.description).toBe('mine');
    await api.admin.post('/v1/events', { type: 'ext.event', data: {} });
    const filter = `webhookId=${pathOf(externalId)}`;
    const { body } = await api.admin.get(`/v1/deliveries?${filter}`);
    expect(body.data).toMatchObject([{ webhookId: webhook.id }]);
    const trends = await api.admin.get(
      `/v1/stats/webhooks?webhookIds=${webhook.id},${pathOf(newExternalId())}`,
    );
    expect(trends).toMatchObject({ status: 404, body: { detail: 'Webhook not found' } });
    const known = await api.admin.get(`/v1/stats/webhooks?webhookIds=${pathOf(externalId)}`);
    expect(known.body.data).toMatchObject([{ webhookId: webhook.id }]);
    for (const path of ['test', 'secrets/rotate', 'suspend', 'reactivate', 'replay']) {
      const fields = {
        test: { eventType: 'a' },
        replay: { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' },
      };
      const { status } = await api.admin.post(`${own}/${path}`, fields[path as keyof typeof fields]);
      expect([path, status]).toEqual([path, path === 'replay' ? 202 : 200]);
    }
    const since = { since: '2026-01-01T00:00:00Z', webhookId: `ext:${externalId}`, dryRun: true };
    expect((await api.admin.post('/v1/recoveries', since)).status).toBe(202);
    expect((await api.admin.delete(own)).status).toBe(204);
    expect((await api.admin.get(own)).status).toBe(404);
  });

  it('is unique within its tenant, until it is removed or its webhook is deleted', async () => {
    const externalId = newExternalId();
    const fields = { url: receiver.url, eventTypes: ['a'], externalId };
    const first = await api.admin.post('/v1/webhooks', fields);
    expect(await api.admin.post('/v1/webhooks', fields)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    const other = await api.admin.post('/v1/webhooks', { ...fields, externalId: null });
    expect(other.body.externalId).toBeNull();
    const taken = await api.admin.patch(`/v1/webhooks/${other.body.id}`, { externalId });
    expect(taken).toMatchObject({ status: 409, body: { code: 'conflict' } });
    await api.admin.delete(`/v1/webhooks/${first.body.id}`);
    expect((await api.admin.patch(`/v1/webhooks/${other.body.id}`, { externalId })).status).toBe(200);
    expect((await api.admin.patch(`/v1/webhooks/${other.body.id}`, { externalId: null })).status).toBe(200);
    expect((await api.admin.post('/v1/webhooks', fields)).status).toBe(201);
  });

  it('belongs to its tenant', async () => {
    const externalId = newExternalId();
    const ours = await createTenant(newExternalId());
    const theirs = await createTenant(newExternalId());
    const fields = { url: receiver.url, eventTypes: ['a'], externalId };
    const our = await ours.client.post('/v1/webhooks', fields);
    const path = `/v1/webhooks/${pathOf(externalId)}`;
    expect((await theirs.client.get(path)).status).toBe(404);
    const their = await theirs.client.post('/v1/webhooks', fields);
    expect((await ours.client.get(path)).body.id).toBe(our.body.id);
    expect((await theirs.client.get(path)).body.id).toBe(their.body.id);
    expect((await theirs.client.get(`${path}?tenantId=${ours.id}`)).status).toBe(404);
    // A key for all tenants names the tenant, or means the default one.
    expect((await api.admin.get(path)).status).toBe(404);
    expect((await api.admin.get(`${path}?tenantId=${theirs.id}`)).body.id).toBe(their.body.id);
    const listed = await api.admin.get(`/v1/deliveries?webhookId=${pathOf(externalId)}&tenantId=*`);
    expect(listed).toMatchObject({ status: 422, body: { errors: [{ path: 'tenantId' }] } });
  });

  it.each(['', 'with space', 'ü', 'x'.repeat(256)])('cannot be %j', async (externalId) => {
    const fields = { url: receiver.url, eventTypes: ['a'], externalId };
    expect(await api.admin.post('/v1/webhooks', fields)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'externalId' }] },
    });
    expect((await api.admin.get(`/v1/webhooks/${pathOf(externalId)}`)).status).toBe(404);
  });
});

describe('the external id of a tenant', () => {
  it('names it in paths, filters and bodies', async () => {
    const externalId = newExternalId();
    const { id, client } = await createTenant(externalId);
    const tenantId = `ext:${externalId}`;
    expect((await api.admin.get(`/v1/tenants/${pathOf(externalId)}`)).body.id).toBe(id);
    expect((await client.get(`/v1/tenants/${pathOf(externalId)}`)).body.id).toBe(id);
    const created = await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a'], tenantId });
    expect(created.body.tenantId).toBe(id);
    expect((await api.admin.get(`/v1/webhooks?tenantId=${pathOf(externalId)}`)).body.data).toHaveLength(1);
    expect((await api.admin.post('/v1/events', { type: 'a', data: {}, tenantId })).status).toBe(202);
    const unknown = `ext:${newExternalId()}`;
    const { body } = await api.admin.post('/v1/events/batch', {
      events: [tenantId, unknown, id].map((name) => ({ type: 'a', data: {}, tenantId: name })),
    });
    expect(body.accepted).toHaveLength(2);
    expect(body.rejected).toMatchObject([{ index: 1, code: 'not_found' }]);
    expect((await client.get('/v1/events')).body.data).toHaveLength(3);
    expect((await api.admin.get(`/v1/webhooks?tenantId=${encodeURIComponent(unknown)}`)).status).toBe(404);
  });

  it('is unique, and can be changed', async () => {
    const externalId = newExternalId();
    const { id } = await createTenant(externalId);
    const taken = await api.admin.post('/v1/tenants', { name: 'another name', externalId });
    expect(taken).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const changed = await api.admin.patch(`/v1/tenants/${pathOf(externalId)}`, {
      externalId: newExternalId(),
    });
    expect(changed.body.id).toBe(id);
    expect((await api.admin.get(`/v1/tenants/${pathOf(externalId)}`)).status).toBe(404);
  });
});

describe('PUT of a webhook', () => {
  it('creates it, then replaces all of its settings but status and secrets', async () => {
    const path = `/v1/webhooks/${pathOf(newExternalId())}`;
    const secret = 'the secret that it always had';
    const settings = { url: receiver.url, eventTypes: ['a'], secret, description: 'first', timeoutMs: 2000 };
    const created = await api.admin.put(path, { ...settings, headers: { 'x-one': '1' } });
    expect(created).toMatchObject({
      status: 201,
      body: { status: 'pending_validation', description: 'first' },
    });
    expect(created.body.secret).toBe(`whsec_${Buffer.from(secret).toString('base64')}`);
    await api.admin.post(`${path}/validation`);
    const secrets = await api.admin.get(`${path}/secrets`);

    const replaced = await api.admin.put(path, { ...settings, description: undefined, eventTypes: ['b'] });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toMatchObject({
      id: created.body.id,
      externalId: created.body.externalId,
      url: receiver.url,
      eventTypes: ['b'],
      description: null,
      headerNames: [],
      timeoutMs: 2000,
    });
    expect(replaced.body.secret).toBeNull();
    expect((await api.admin.get(`${path}/secrets`)).body).toEqual(secrets.body);
    // The same call again changes nothing.
    const again = await api.admin.put(path, { ...settings, description: undefined, eventTypes: ['b'] });
    expect({ ...again.body, updatedAt: null }).toEqual({ ...replaced.body, updatedAt: null });
  });

  it('creates one webhook, however many calls are made at once', async () => {
    const path = `/v1/webhooks/${pathOf(newExternalId())}`;
    const put = () => api.admin.put(path, { url: receiver.url, eventTypes: ['a'] });
    const responses = await Promise.all([put(), put(), put(), put()]);
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(responses.map(({ body }) => body.id)).size).toBe(1);
  });

  it('of a tenant that does not exist is refused', async () => {
    const body = { url: receiver.url, eventTypes: ['a'], tenantId: `ext:${newExternalId()}` };
    expect((await api.admin.put(`/v1/webhooks/${pathOf(newExternalId())}`, body)).status).toBe(404);
    expect((await api.admin.put('/v1/webhooks/wh_01jw000000e008000000000001', body)).status).toBe(404);
  });
});

describe('PUT of a tenant', () => {
  it('creates it with a key, then replaces its settings and quotas', async () => {
    const path = `/v1/tenants/${pathOf(newExternalId())}`;
    const name = `name of ${path}`;
    const created = await api.admin.put(path, {
      name,
      contactEmail: 'ops@example.com',
      quotas: { webhooks: 3 },
    });
    expect(created).toMatchObject({ status: 201, body: { name, quotas: { webhooks: 3 } } });
    expect(created.body.key).toMatch(/^phk_/);
    const replaced = await api.admin.put(path, { name, quotas: { apiKeys: 4 } });
    expect(replaced).toMatchObject({
      status: 200,
      body: { id: created.body.id, contactEmail: null, quotas: { webhooks: null, apiKeys: 4 } },
    });
    expect(replaced.body.key).toBeNull();
    const other = await api.admin.put(`/v1/tenants/${pathOf(newExternalId())}`, { name });
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });
});
