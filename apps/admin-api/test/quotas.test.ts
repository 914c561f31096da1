import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId } from '@posthorn/core';
import { type ApiResponse, eventually } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { DEFAULT_QUOTAS } from './start-api.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ defaultQuotas: { ...DEFAULT_QUOTAS, webhooks: 3 } });
const receiver = useReceiver(api);

interface Tenant {
  id: string;
  keyId: string;
  client: CheckedClient;
}

let tenants = 0;
async function newTenant(quotas: Record<string, number | null> = {}): Promise<Tenant> {
  const { status, body } = await api.admin.post('/v1/tenants', { name: `tenant ${(tenants += 1)}`, quotas });
  expect(status).toBe(201);
  return { id: body.id, keyId: body.keyId, client: api.client(body.key) };
}

const postWebhook = ({ client }: Tenant) =>
  client.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'] });
const postKey = ({ id }: Tenant) => api.admin.post('/v1/api-keys', { tenantId: id });
const postLink = ({ id }: Tenant) => api.admin.post('/v1/portal-links', { tenantId: id });
const statuses = (responses: ApiResponse[]) =>
  responses.map(({ status }) => status).toSorted((a, b) => a - b);
const usageOf = async ({ id }: Tenant) => (await api.admin.get(`/v1/tenants/${id}`)).body.usage;

describe('a tenant', () => {
  it('shows its settings, its quotas, those that apply, and what it uses', async () => {
    const { body: created } = await api.admin.post('/v1/tenants', {
      name: 'customer',
      contactEmail: 'ops@customer.example',
      quotas: { webhooks: 12, eventsPerSecond: 50 },
    });
    const quotas = { webhooks: 12, apiKeys: null, portalLinks: null, eventsPerSecond: 50, eventBytes: null };
    expect(created).toMatchObject({ name: 'customer', contactEmail: 'ops@customer.example', quotas });
    await createWebhook(api.client(created.key), receiver);
    const { body } = await api.admin.get(`/v1/tenants/${created.id}`);
    expect(body).toEqual({
      id: created.id,
      name: 'customer',
      externalId: null,
      clientCertificate: null,
      caCertificates: null,
      deliveryFormat: null,
      locale: null,
      contactEmail: 'ops@customer.example',
      timeZone: null,
      tags: [],
      metadata: {},
      status: 'active',
      suspendedAt: null,
      suspendReason: null,
      suspendedByName: null,
      deletedAt: null,
      purgeAt: null,
      retention: { payloadDays: null, historyDays: null },
      quotas,
      effectiveQuotas: { ...DEFAULT_QUOTAS, webhooks: 12, eventsPerSecond: 50 },
      defaultQuotas: { ...DEFAULT_QUOTAS, webhooks: 3 },
      usage: { webhooks: 1, apiKeys: 1, portalLinks: 0 },
      createdAt: created.createdAt,
    });
  });

  it('named default has room for an installation without tenants', async () => {
    const { body } = await api.admin.get(`/v1/tenants/${encodeId('tenant', DEFAULT_TENANT_ID)}`);
    expect(body.effectiveQuotas).toEqual({
      ...DEFAULT_QUOTAS,
      webhooks: 100_000,
      apiKeys: 100_000,
      portalLinks: 100_000,
    });
  });

  it('is visible to its own keys only', async () => {
    const [one, other] = [await newTenant(), await newTenant()];
    expect((await one.client.get(`/v1/tenants/${one.id}`)).status).toBe(200);
    expect((await one.client.get(`/v1/tenants/${other.id}`)).status).toBe(404);
    expect((await one.client.get('/v1/tenants/default')).status).toBe(404);
    expect((await api.admin.get('/v1/tenants/ten_01jw000000e008000000000001')).status).toBe(404);
    expect((await api.admin.get('/v1/tenants/default')).body.name).toBe('default');
  });

  it('keeps the settings and quotas that an update does not name', async () => {
    const tenant = await newTenant({ webhooks: 7, apiKeys: 8 });
    const path = `/v1/tenants/${tenant.id}`;
    const update = {
      name: 'renamed',
      contactEmail: 'a@b.example',
      quotas: { apiKeys: null, eventBytes: 900 },
    };
    const { status, body } = await api.admin.patch(path, update);
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'renamed', contactEmail: 'a@b.example' });
    expect(body.quotas).toMatchObject({ webhooks: 7, apiKeys: null, eventBytes: 900 });
    expect((await api.admin.patch(path, { contactEmail: null })).body).toMatchObject({
      name: 'renamed',
      contactEmail: null,
    });
    const trail = await api.admin.get(`/v1/audit-entries?target=${tenant.id}&action=tenant.updated`);
    expect(trail.body.data).toHaveLength(2);
    expect(trail.body.data[1].after).toMatchObject({ name: 'renamed', quotas: { eventBytes: 900 } });
  });

  it.each([
    { name: '' },
    { contactEmail: 'nobody' },
    { contactEmail: `${'a'.repeat(65)}@customer.example` },
    { quotas: { webhooks: -1 } },
    { quotas: { eventsPerSecond: 0 } },
    { quotas: { eventBytes: 300_000 } },
    { quotas: { webhooks: '5' } },
    { quotas: { seats: 5 } },
    { quotas: null },
  ])('cannot be updated to %j', async (update) => {
    const { id } = await newTenant();
    expect((await api.admin.patch(`/v1/tenants/${id}`, update)).status).toBe(422);
  });

  it('cannot get the name of another', async () => {
    const { id } = await newTenant();
    const { status, body } = await api.admin.patch(`/v1/tenants/${id}`, { name: 'default' });
    expect([status, body.code]).toEqual([409, 'conflict']);
  });

  it('cannot change its own quotas', async () => {
    const tenant = await newTenant();
    const { body } = await api.admin.post('/v1/api-keys', { tenantId: tenant.id, scopes: ['admin'] });
    for (const client of [tenant.client, api.client(body.key)]) {
      const { status } = await client.patch(`/v1/tenants/${tenant.id}`, { quotas: { webhooks: 1000 } });
      expect(status).toBe(403);
    }
  });
});

describe('the quota of webhooks', () => {
  it('is the default of the installation unless the tenant has its own', async () => {
    const tenant = await newTenant();
    for (let count = 0; count < 3; count += 1) expect((await postWebhook(tenant)).status).toBe(201);
    const refused = await postWebhook(tenant);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ code: 'quota_exceeded', quota: 'webhooks', limit: 3 });
    expect(refused.body.detail).toBe(
      'The quota for webhooks (3) is reached. Delete one, or ask the operator for a higher quota.',
    );
    await api.admin.patch(`/v1/tenants/${tenant.id}`, { quotas: { webhooks: 4 } });
    expect((await postWebhook(tenant)).status).toBe(201);
  });

  it('restricts portal links too', async () => {
    const tenant = await newTenant({ webhooks: 1 });
    const { body } = await postLink(tenant);
    const portal = api.client(new URLSearchParams(new URL(body.url).hash.slice(1)).get('token') ?? '');
    expect((await postWebhook({ ...tenant, client: portal })).status).toBe(201);
    expect((await postWebhook({ ...tenant, client: portal })).status).toBe(403);
    expect((await portal.get(`/v1/tenants/${tenant.id}`)).body.usage.webhooks).toBe(1);
  });

  it('does not count deleted webhooks', async () => {
    const tenant = await newTenant({ webhooks: 1 });
    const { body } = await postWebhook(tenant);
    await tenant.client.delete(`/v1/webhooks/${body.id}`);
    expect((await postWebhook(tenant)).status).toBe(201);
    expect(await usageOf(tenant)).toMatchObject({ webhooks: 1 });
  });

  it('is exact under concurrent calls', async () => {
    const tenant = await newTenant({ webhooks: 3 });
    for (let count = 0; count < 2; count += 1) await postWebhook(tenant);
    const responses = await Promise.all(Array.from({ length: 10 }, () => postWebhook(tenant)));
    expect(statuses(responses)).toEqual([201, ...Array.from({ length: 9 }, () => 403)]);
    expect(await usageOf(tenant)).toMatchObject({ webhooks: 3 });
  });

  it('is separate for each tenant', async () => {
    const [full, other] = [await newTenant({ webhooks: 0 }), await newTenant({ webhooks: 1 })];
    expect((await postWebhook(full)).status).toBe(403);
    expect((await postWebhook(other)).status).toBe(201);
  });

  it('is checked again when the call is repeated with the same Idempotency-Key', async () => {
    const tenant = await newTenant({ webhooks: 0 });
    const body = { url: receiver.url, eventTypes: ['*'] };
    const post = () => tenant.client.post('/v1/webhooks', body, { 'idempotency-key': 'one' });
    expect((await post()).status).toBe(403);
    await api.admin.patch(`/v1/tenants/${tenant.id}`, { quotas: { webhooks: 1 } });
    expect((await post()).status).toBe(201);
  });
});

describe('the quota of API keys', () => {
  it('counts active keys, exactly under concurrent calls', async () => {
    const tenant = await newTenant({ apiKeys: 2 });
    const responses = await Promise.all(Array.from({ length: 5 }, () => postKey(tenant)));
    expect(statuses(responses)).toEqual([201, 403, 403, 403, 403]);
    const created = responses.find(({ status }) => status === 201);
    await api.admin.delete(`/v1/api-keys/${created?.body.id}`);
    expect((await postKey(tenant)).status).toBe(201);
  });

  it('counts both keys of a rotation until the old one ends', async () => {
    const { keyId } = await newTenant({ apiKeys: 1 });
    const rotate = (overlapHours: number) => api.admin.post(`/v1/api-keys/${keyId}/rotate`, { overlapHours });
    const refused = await rotate(1);
    expect([refused.status, refused.body.code]).toEqual([403, 'quota_exceeded']);
    expect((await rotate(0)).status).toBe(201);
  });

  it('does not restrict keys for all tenants', async () => {
    await api.admin.patch('/v1/tenants/default', { quotas: { apiKeys: 0 } });
    expect((await api.admin.post('/v1/api-keys', {})).status).toBe(201);
  });
});

describe('the quota of portal links', () => {
  it('counts valid links, exactly under concurrent calls', async () => {
    const tenant = await newTenant({ portalLinks: 2 });
    await postLink(tenant);
    const responses = await Promise.all(Array.from({ length: 5 }, () => postLink(tenant)));
    expect(statuses(responses)).toEqual([201, 403, 403, 403, 403]);
    expect(await usageOf(tenant)).toMatchObject({ portalLinks: 2, apiKeys: 1 });
    await api.deps.pool.query(
      `UPDATE api_key SET expires_at = now() - interval '1 second' WHERE kind = 'portal'`,
    );
    expect(await usageOf(tenant)).toMatchObject({ portalLinks: 0 });
    expect((await postLink(tenant)).status).toBe(201);
  });

  it('does not count links whose key is revoked', async () => {
    const tenant = await newTenant({ portalLinks: 1 });
    const { body } = await api.admin.post('/v1/api-keys', { scopes: ['admin'] });
    const path = '/v1/portal-links';
    expect((await api.client(body.key).post(path, { tenantId: tenant.id })).status).toBe(201);
    expect((await postLink(tenant)).status).toBe(403);
    await api.admin.delete(`/v1/api-keys/${body.id}`);
    expect((await postLink(tenant)).status).toBe(201);
  });
});

const publish = ({ client }: Tenant) => client.post('/v1/events', { type: 'a.b', data: {} });
const batchOf = (count: number) => ({
  events: Array.from({ length: count }, () => ({ type: 'a.b', data: {} })),
});

describe('the quota of events per second', () => {
  it('refuses calls over the rate with 429 and Retry-After, and counts them', async () => {
    const [tenant, other] = [await newTenant({ eventsPerSecond: 2 }), await newTenant()];
    expect([(await publish(tenant)).status, (await publish(tenant)).status]).toEqual([202, 202]);
    const refused: ApiResponse[] = [];
    await eventually(async () => {
      const responses = await Promise.all(Array.from({ length: 10 }, () => publish(tenant)));
      refused.push(...responses.filter(({ status }) => status === 429));
      expect(refused.length).toBeGreaterThan(5);
    });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.body).toMatchObject({ code: 'quota_exceeded', quota: 'eventsPerSecond', limit: 2 });
    expect((await publish(other)).status).toBe(202);
    const metrics = await api.deps.registry.metrics();
    expect(metrics).toContain(
      `posthorn_publish_refused_total{reason="quota",tenant="${tenant.id}"} ${refused.length}`,
    );
  });

  it('accepts a batch of any size as a whole, and then refuses calls until it is paid for', async () => {
    const tenant = await newTenant({ eventsPerSecond: 1 });
    const accepted = await tenant.client.post('/v1/events/batch', batchOf(100));
    expect(accepted.body.accepted).toHaveLength(100);
    const refused = await tenant.client.post('/v1/events/batch', batchOf(1));
    expect([refused.status, refused.body.code]).toEqual([429, 'quota_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20);
    expect((await api.admin.get(`/v1/events?tenantId=${tenant.id}&limit=200`)).body.data).toHaveLength(100);
  });

  it('does not store a refusal for the Idempotency-Key of a batch', async () => {
    const tenant = await newTenant({ eventsPerSecond: 1 });
    await tenant.client.post('/v1/events/batch', batchOf(1000));
    const post = () => tenant.client.post('/v1/events/batch', batchOf(1), { 'idempotency-key': 'batch' });
    expect((await post()).status).toBe(429);
    await api.admin.patch(`/v1/tenants/${tenant.id}`, { quotas: { eventsPerSecond: null } });
    await eventually(async () => expect((await post()).status).toBe(202));
  });
});

describe('the quota of the size of an event', () => {
  const event = { type: 'a.b', data: { text: 'x'.repeat(600) } };

  it('rejects a larger event with 403', async () => {
    const tenant = await newTenant({ eventBytes: 500 });
    const { status, body } = await tenant.client.post('/v1/events', event);
    expect([status, body.code]).toEqual([403, 'quota_exceeded']);
    expect(body.detail).toMatch(/^The event has 7\d\d bytes .*, and the limit of the tenant is 500 bytes\.$/);
    expect((await tenant.client.post('/v1/events', { type: 'a.b', data: {} })).status).toBe(202);
  });

  it('rejects only the larger events of a batch', async () => {
    const tenant = await newTenant({ eventBytes: 500 });
    const { status, body } = await tenant.client.post('/v1/events/batch', {
      events: [{ type: 'a.b', data: {} }, event],
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: [{}], rejected: [{ index: 1, code: 'quota_exceeded' }] });
  });
});
