// Suspend, reactivate, delete and restore of tenants.
import { describe, expect, it } from '@jest/globals';
import { BARRIER_MS, decodeId, encodeId, newId } from '@posthorn/core';
import { createActiveWebhook, eventually } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { signIn } from './sign-in.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);
const withBarrier = useApi({ barrierMs: BARRIER_MS });

interface TestTenant {
  id: string;
  uuid: string;
  externalId: string;
  path: string;
  /** With its first key. */
  client: CheckedClient;
  key: string;
}

async function createTenant({ admin, client } = api): Promise<TestTenant> {
  const externalId = newId();
  const { body } = await admin.post('/v1/tenants', { name: externalId, externalId });
  const { id, key } = body;
  return {
    id,
    uuid: decodeId('tenant', id) ?? '',
    externalId,
    path: `/v1/tenants/${id}`,
    client: client(key),
    key,
  };
}

const call = (tenant: Pick<TestTenant, 'path'>, action: string, body?: object, headers = {}) =>
  api.admin.post(`${tenant.path}/${action}`, body, headers);
const suspend = (tenant: Pick<TestTenant, 'path'>) => call(tenant, 'suspend');
const remove = ({ path }: Pick<TestTenant, 'path'>, headers = {}) => api.admin.delete(path, headers);

const webhookIn = ({ id: tenantId }: TestTenant, fields = {}) =>
  createActiveWebhook(api.admin, receiver, { tenantId, ...fields });

/** A webhook of a suspended tenant cannot be validated: it is made active by the database. */
async function activeWebhookIn(tenant: TestTenant) {
  const { body } = await api.admin.post('/v1/webhooks', {
    url: receiver.url,
    eventTypes: ['a.b'],
    tenantId: tenant.id,
  });
  await api.deps.pool.query(`UPDATE webhook SET status = 'active', active_since = now() WHERE id = $1`, [
    decodeId('webhook', body.id),
  ]);
  return body;
}

const EVENT = { type: 'a.b', data: {} };

/** Publishes an event, and returns its first delivery. */
async function deliveryIn({ id: tenantId }: TestTenant) {
  const { body: event } = await api.admin.post('/v1/events', { ...EVENT, tenantId });
  const { body } = await api.admin.get(`/v1/events/${event.id}/deliveries`);
  return { eventId: event.id, id: body.data[0].id };
}

const auditOf = async ({ id }: TestTenant) => {
  const { body } = await api.admin.get(`/v1/audit-entries?tenantId=${id}&limit=200`);
  return body.data as { action: string; before: object; after: object; actor: { name: string } }[];
};

describe('the status of a tenant', () => {
  it('goes through its states, each recorded in the audit log', async () => {
    const tenant = await createTenant();
    expect((await api.admin.get(tenant.path)).body).toMatchObject({
      status: 'active',
      suspendedAt: null,
      purgeAt: null,
    });

    const suspended = await call(tenant, 'suspend', { reason: 'unpaid' });
    expect(suspended).toMatchObject({
      status: 200,
      body: { status: 'suspended', suspendReason: 'unpaid', droppedDeliveries: 0 },
    });
    expect(Date.parse(suspended.body.suspendedAt)).not.toBeNaN();
    expect(suspended.body.suspendedByName).toBe((await api.admin.get('/v1/session')).body.holder.name);

    expect(await call(tenant, 'reactivate', { reason: 'paid' })).toMatchObject({
      status: 200,
      body: { status: 'active', suspendedAt: null, suspendReason: null, suspendedByName: null },
    });
    expect((await remove(tenant)).status).toBe(204);
    const deleted = (await api.admin.get(tenant.path)).body;
    expect(deleted).toMatchObject({ status: 'deleted', externalId: tenant.externalId });
    expect(Date.parse(deleted.purgeAt) - Date.parse(deleted.deletedAt)).toBe(7 * 24 * 3_600_000);
    expect(await call(tenant, 'restore')).toMatchObject({
      status: 200,
      body: { status: 'active', deletedAt: null, purgeAt: null },
    });

    const entries = (await auditOf(tenant)).filter(({ action }) => action.startsWith('tenant.'));
    expect(entries.toReversed().map(({ action, after }) => [action, after])).toMatchObject([
      ['tenant.created', {}],
      ['tenant.suspended', { status: 'suspended', suspendReason: 'unpaid' }],
      ['tenant.reactivated', { status: 'active', reason: 'paid' }],
      ['tenant.deleted', { status: 'deleted', purgeAt: deleted.purgeAt }],
      ['tenant.restored', { status: 'active' }],
    ]);
  });

  it('forbids calls with 409 that names the state', async () => {
    const tenant = await createTenant();
    for (const action of ['reactivate', 'restore'])
      expect(await call(tenant, action)).toMatchObject({
        status: 409,
        body: {
          code: 'invalid_state',
          detail: 'Not allowed while the tenant is active',
          tenantStatus: 'active',
        },
      });
    await suspend(tenant);
    for (const action of ['suspend', 'restore'])
      expect(await call(tenant, action)).toMatchObject({ status: 409, body: { tenantStatus: 'suspended' } });
  });

  it.each(['default', 'system'])('of the built-in tenant %s cannot change', async (id) => {
    const path = `/v1/tenants/${id}`;
    const calls = [
      ...['suspend', 'reactivate', 'restore'].map((action) => call({ path }, action)),
      remove({ path }),
    ];
    for (const response of await Promise.all(calls))
      expect(response).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
  });

  it('is changed only by admin keys of all tenants', async () => {
    const tenant = await createTenant();
    const { body } = await api.admin.post('/v1/api-keys', { scopes: ['webhooks:write', 'events:write'] });
    for (const client of [tenant.client, api.client(body.key)]) {
      for (const action of ['suspend', 'reactivate', 'restore'])
        expect((await client.post(`${tenant.path}/${action}`)).status).toBe(403);
      expect((await client.delete(tenant.path)).status).toBe(403);
    }
  });

  it('rejects a reason that is too long', async () => {
    const tenant = await createTenant();
    for (const action of ['suspend', 'reactivate', 'restore'])
      expect(await call(tenant, action, { reason: 'x'.repeat(501) })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'reason', code: 'too_long' }] },
      });
  });

  it('has an entity tag that calls may require', async () => {
    const tenant = await createTenant();
    const tag = (await api.admin.get(tenant.path)).headers.get('etag') ?? '';
    expect((await call(tenant, 'suspend', {}, { 'if-match': '"other"' })).status).toBe(412);
    const suspended = await call(tenant, 'suspend', {}, { 'if-match': tag });
    expect(suspended.status).toBe(200);
    const next = suspended.headers.get('etag') ?? '';
    expect(next).not.toBe(tag);
    expect((await remove(tenant, { 'if-match': tag })).status).toBe(412);
    expect((await remove(tenant, { 'if-match': next })).status).toBe(204);
  });

  it('changes once with an idempotency key', async () => {
    const tenant = await createTenant();
    const headers = { 'idempotency-key': newId() };
    const [first, second] = [
      await call(tenant, 'suspend', {}, headers),
      await call(tenant, 'suspend', {}, headers),
    ];
    expect(second.status).toBe(200);
    expect(second.body).toEqual(first.body);
  });
});

const durationOf = async (work: Promise<unknown>) => {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
};

describe('the calls that stop a tenant', () => {
  it('return after the barrier, also when they are repeated', async () => {
    const { admin } = withBarrier;
    const tenant = await createTenant(withBarrier);
    for (let repeated = 0; repeated < 2; repeated += 1)
      expect(await durationOf(admin.post(`${tenant.path}/suspend`))).toBeGreaterThanOrEqual(BARRIER_MS);
    for (let repeated = 0; repeated < 2; repeated += 1)
      expect(await durationOf(admin.delete(tenant.path))).toBeGreaterThanOrEqual(BARRIER_MS);
  });

  it('drop the pending deliveries of all webhooks, and count them', async () => {
    const tenant = await createTenant();
    await webhookIn(tenant);
    await webhookIn(tenant);
    const { eventId, id } = await deliveryIn(tenant);
    expect((await suspend(tenant)).body.droppedDeliveries).toBe(2);
    expect((await api.admin.get(`/v1/deliveries/${id}`)).body).toMatchObject({
      status: 'dropped',
      reason: 'tenant_suspended',
    });
    const { body } = await api.admin.get(`/v1/events/${eventId}/explain`);
    expect(body.data.map(({ reason }: { reason: string }) => reason)).toEqual([
      'tenant_suspended',
      'tenant_suspended',
    ]);
  });
});

async function suspendedTenant() {
  const tenant = await createTenant();
  const webhook = await webhookIn(tenant, { sequence: true });
  const delivery = await deliveryIn(tenant);
  await suspend(tenant);
  return { tenant, webhook, delivery };
}

describe('a suspended tenant', () => {
  it('gets 403 for all that would send or accept something, by its keys and by keys of all tenants', async () => {
    const { tenant, webhook, delivery } = await suspendedTenant();
    const since = new Date(Date.now() - 60_000).toISOString();
    const range = { from: since, to: new Date().toISOString() };
    receiver.requests.length = 0;
    for (const client of [tenant.client, api.admin]) {
      const tenantId = client === api.admin ? { tenantId: tenant.id } : {};
      const responses = await Promise.all([
        client.post('/v1/events', { ...EVENT, ...tenantId }),
        client.post(`/v1/webhooks/${webhook.id}/test`, { eventType: 'a.b' }),
        client.post(`/v1/deliveries/${delivery.id}/retry`),
        client.post(`/v1/deliveries/${delivery.id}/skip`),
        client.post(`/v1/webhooks/${webhook.id}/replay`, range),
        client.post(`/v1/events/${delivery.eventId}/replay`, {}),
        client.post('/v1/recoveries', { since, ...tenantId }),
        client.post('/v1/recoveries', { since, webhookId: webhook.id }),
        client.get(`/v1/webhooks/${webhook.id}/feed`),
      ]);
      for (const { status, body } of responses)
        expect([status, body.code]).toEqual([403, 'tenant_suspended']);
    }
    expect(receiver.requests).toEqual([]);
  });

  it('gets a rejection for each event of a batch, also by its external id', async () => {
    const { tenant } = await suspendedTenant();
    const events = [
      { ...EVENT, tenantId: tenant.id },
      { ...EVENT, tenantId: `ext:${tenant.externalId}` },
      EVENT,
    ];
    const { body } = await api.admin.post('/v1/events/batch', { events });
    expect(body).toMatchObject({
      accepted: [{ index: 2 }],
      rejected: [
        { index: 0, code: 'tenant_suspended' },
        { index: 1, code: 'tenant_suspended' },
      ],
    });
  });

  it('gets no validation request, and its webhooks can be changed', async () => {
    const { tenant } = await suspendedTenant();
    const { body: pending } = await api.admin.post('/v1/webhooks', {
      url: receiver.url,
      eventTypes: ['a.b'],
      tenantId: tenant.id,
    });
    receiver.requests.length = 0;
    expect(await api.admin.post(`/v1/webhooks/${pending.id}/validation`)).toMatchObject({
      status: 403,
      body: { code: 'tenant_suspended' },
    });
    expect(receiver.requests).toEqual([]);
    expect((await tenant.client.get('/v1/webhooks')).body.data).toHaveLength(2);
    expect((await tenant.client.patch(`/v1/webhooks/${pending.id}`, { description: 'changed' })).status).toBe(
      200,
    );
  });

  it('gets 403 for a call that waits for an entry of a feed', async () => {
    const tenant = await createTenant();
    const webhook = await webhookIn(tenant, { sequence: true });
    const waiting = tenant.client.get(`/v1/webhooks/${webhook.id}/feed?wait=30`);
    await eventually(() => Promise.resolve(expect(api.deps.feedPolls.size).toBe(1)));
    await suspend(tenant);
    expect(await waiting).toMatchObject({ status: 403, body: { code: 'tenant_suspended' } });
  });

  it('publishes again after it was reactivated, with webhooks in their own states', async () => {
    const { tenant, webhook } = await suspendedTenant();
    const { body: other } = await api.admin.post(
      `/v1/webhooks/${(await activeWebhookIn(tenant)).id}/suspend`,
    );
    await call(tenant, 'reactivate');
    expect((await tenant.client.post('/v1/events', EVENT)).body).toMatchObject({ deliveries: 1 });
    expect((await api.admin.get(`/v1/webhooks/${webhook.id}`)).body.status).toBe('active');
    expect((await api.admin.get(`/v1/webhooks/${other.id}`)).body.status).toBe('suspended');
  });

  it('may retry what the suspension dropped once it is active again', async () => {
    const { tenant, delivery } = await suspendedTenant();
    await call(tenant, 'reactivate');
    expect(await tenant.client.post(`/v1/deliveries/${delivery.id}/retry`)).toMatchObject({
      status: 202,
      body: { status: 'pending' },
    });
  });
});

describe('a deleted tenant', () => {
  it('has no valid key, session or portal link, until it is restored', async () => {
    const tenant = await createTenant();
    const { body: link } = await api.admin.post('/v1/portal-links', { tenantId: tenant.id });
    const portal = api.client(link.token ?? link.key);
    const session = await signIn(api, tenant.key);
    const portalStatus = (await portal.get('/v1/session')).status;
    // The process remembers the key.
    expect((await tenant.client.post('/v1/events', EVENT)).status).toBe(202);
    await remove(tenant);
    const statuses = async () => [
      (await tenant.client.get('/v1/webhooks')).status,
      (await tenant.client.post('/v1/events', EVENT)).status,
      (await tenant.client.post('/v1/events/batch', { events: [EVENT] })).status,
      (await session.get('/v1/session')).status,
      (await portal.get('/v1/session')).status,
    ];
    expect(await statuses()).toEqual([401, 401, 401, 401, 401]);
    const { rowCount } = await api.deps.pool.query('SELECT FROM event WHERE tenant_id = $1', [tenant.uuid]);
    expect(rowCount).toBe(1);
    await call(tenant, 'restore');
    expect(await statuses()).toEqual([200, 202, 202, 200, portalStatus]);
  });

  it('is in no list, and its ids are not found, or 409 for the external one', async () => {
    const tenant = await createTenant();
    const webhook = await webhookIn(tenant);
    await remove(tenant);
    const { body } = await api.admin.get(`/v1/tenants?search=${tenant.externalId}`);
    expect(body.data).toEqual([]);
    const { body: found } = await api.admin.get(`/v1/search?q=${tenant.externalId}`);
    expect(found.data).toEqual([]);
    for (const response of [
      await call(tenant, 'suspend'),
      await call(tenant, 'reactivate'),
      await remove(tenant),
      await api.admin.patch(tenant.path, { name: newId() }),
      await api.admin.get(`/v1/webhooks?tenantId=${tenant.id}`),
      await api.admin.post('/v1/events', { ...EVENT, tenantId: tenant.id }),
      await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'], tenantId: tenant.id }),
    ])
      expect([response.status, response.body.code]).toEqual([404, 'not_found']);

    const external = `ext:${tenant.externalId}`;
    for (const response of [
      await api.admin.get(`/v1/tenants/${external}`),
      await api.admin.put(`/v1/tenants/${external}`, { name: newId() }),
      await api.admin.post(`/v1/tenants/${external}/restore`),
      await api.admin.post('/v1/events', { ...EVENT, tenantId: external }),
      await api.admin.get(`/v1/webhooks?tenantId=${external}`),
    ])
      expect([response.status, response.body.code]).toEqual([409, 'tenant_deleted']);
    // A key of another tenant does not learn that it existed.
    const { client: stranger } = await createTenant();
    for (const tenantId of [external, 'ext:never'])
      expect(await stranger.post('/v1/events', { ...EVENT, tenantId })).toMatchObject({
        status: 404,
        body: { code: 'not_found', detail: 'Tenant not found' },
      });
    const { body: batch } = await api.admin.post('/v1/events/batch', {
      events: [{ ...EVENT, tenantId: external }],
    });
    expect(batch.rejected).toMatchObject([{ code: 'tenant_deleted' }]);

    expect(await api.admin.post(`/v1/webhooks/${webhook.id}/test`, { eventType: 'a.b' })).toMatchObject({
      status: 409,
      body: { code: 'tenant_deleted' },
    });
    expect((await api.admin.post('/v1/tenants', { name: tenant.externalId })).status).toBe(409);
  });

  it('cannot be restored once its purge may have begun', async () => {
    const tenant = await createTenant();
    await remove(tenant);
    await api.deps.pool.query(`UPDATE tenant SET purge_at = now() - interval '1 second' WHERE id = $1`, [
      tenant.uuid,
    ]);
    expect(await call(tenant, 'restore')).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', tenantStatus: 'deleted' },
    });
  });

  it('is not found if it never existed', async () => {
    const path = `/v1/tenants/${encodeId('tenant', newId())}`;
    for (const action of ['suspend', 'reactivate', 'restore'])
      expect((await call({ path }, action)).status).toBe(404);
    expect((await remove({ path })).status).toBe(404);
  });
});
