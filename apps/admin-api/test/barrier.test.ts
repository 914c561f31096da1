// Slow: calls wait for the barrier, which takes more than a second.
import { describe, expect, it } from '@jest/globals';
import {
  TENANT_SETTINGS,
  type TenantSetting,
  WEBHOOK_SETTINGS,
  type WebhookSetting,
} from '@posthorn/contract';
import { BARRIER_MS, decodeId, encodeId, newId } from '@posthorn/core';
import { createActiveWebhook, createAuthority, validateWebhook } from '@posthorn/testkit';
import { createWebhook, latestCode } from './create-webhook.js';
import { OF_TENANT, OF_WEBHOOK } from '@posthorn/testkit/setting-values';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ barrierMs: BARRIER_MS, attestationUntil: new Date(Date.now() + 3_600_000) });
const receiver = useReceiver(api);
/** A call that waits for its barrier does not return during a test. */
const withoutBarrier = useApi({ barrierMs: 24 * 3_600_000 });

async function durationOf(call: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call;
  return performance.now() - startedAt;
}

const waits = async (call: Promise<unknown>) =>
  expect(await durationOf(call)).toBeGreaterThanOrEqual(BARRIER_MS);

/** Whether requests depend on a setting. */
const WAITS_OF_WEBHOOK: Record<WebhookSetting, boolean> = {
  externalId: false,
  description: false,
  headers: true,
  auth: true,
  deliveryFormat: true,
  tags: false,
  metadata: false,
  retrySchedule: false,
  timeoutMs: false,
  filter: false,
  rateLimit: false,
  maxInFlight: false,
  autoSuspendAfterDays: false,
  ordering: false,
  onExhausted: false,
  maxBlockedMinutes: false,
  sequence: false,
  clientCertificate: true,
  caCertificates: true,
};

const WAITS_OF_TENANT: Record<TenantSetting, boolean> = {
  externalId: false,
  contactEmail: false,
  locale: false,
  timeZone: false,
  tags: false,
  metadata: false,
  quotas: false,
  retention: false,
  deliveryFormat: true,
  clientCertificate: true,
  caCertificates: true,
};

describe('the barrier', () => {
  it('is not waited for when no request can start: no validation was requested, and nothing was stopped', async () => {
    const { admin } = withoutBarrier;
    const { id } = await createWebhook(admin, receiver);
    expect(await admin.post(`/v1/webhooks/${id}/suspend`)).toMatchObject({
      status: 409,
      body: { webhookStatus: 'pending_validation' },
    });
    expect((await admin.patch(`/v1/webhooks/${id}`, { description: 'new' })).status).toBe(200);
    expect((await admin.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    expect((await admin.delete(`/v1/webhooks/${encodeId('webhook', newId())}`)).status).toBe(404);
  });

  it('is not waited for when a webhook of another tenant was stopped', async () => {
    const { admin, client, deps } = withoutBarrier;
    const { body: webhook } = await admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'] });
    await deps.pool.query(`UPDATE webhook SET status = 'suspended' WHERE id = $1`, [
      decodeId('webhook', webhook.id),
    ]);
    const { body: tenant } = await admin.post('/v1/tenants', { name: newId() });
    expect((await client(tenant.key).delete(`/v1/webhooks/${webhook.id}`)).status).toBe(404);
  });

  it.each([
    ['a validation was requested', null],
    ['a validation of an earlier URL was requested', '/other'],
  ])('is waited for when %s: its request may be in flight', async (_case, otherPath) => {
    const { id } = await createWebhook(api.admin, receiver);
    await api.admin.post(`/v1/webhooks/${id}/validation`);
    if (otherPath !== null)
      await api.admin.patch(`/v1/webhooks/${id}`, { url: new URL(otherPath, receiver.url).href });
    const path = `/v1/webhooks/${id}`;
    expect(await durationOf(api.admin.delete(path))).toBeGreaterThanOrEqual(BARRIER_MS);
    // The response to the first call may be lost.
    expect(await durationOf(api.admin.delete(path))).toBeGreaterThanOrEqual(BARRIER_MS);
  });

  it.each(WEBHOOK_SETTINGS.names)(
    'is waited for when requests depend on the setting of a webhook: %s',
    async (name) => {
      const { admin } = WAITS_OF_WEBHOOK[name] ? api : withoutBarrier;
      const { id } = await createActiveWebhook(admin, receiver);
      const path = `/v1/webhooks/${id}`;
      for (const value of [OF_WEBHOOK[name], null]) {
        const call = admin.patch(path, { [name]: value });
        if (WAITS_OF_WEBHOOK[name]) await waits(call);
        expect((await call).status).toBe(200);
      }
    },
  );

  it.each(TENANT_SETTINGS.names)(
    'is waited for when requests depend on the setting of a tenant: %s',
    async (name) => {
      const { admin } = WAITS_OF_TENANT[name] ? api : withoutBarrier;
      const { body: tenant } = await admin.post('/v1/tenants', { name: newId() });
      const path = `/v1/tenants/${tenant.id}`;
      for (const value of [OF_TENANT[name], TENANT_SETTINGS.defaults[name]]) {
        const call = admin.patch(path, { [name]: value });
        if (WAITS_OF_TENANT[name]) await waits(call);
        expect((await call).status).toBe(200);
      }
    },
  );

  it('is waited for when another secret or route replaces that of an active webhook', async () => {
    const { admin } = api;
    const { id } = await createActiveWebhook(admin, receiver);
    const path = `/v1/webhooks/${id}`;
    await waits(admin.post(`${path}/secrets/rotate`, { overlapHours: 0 }));
    await waits(admin.put(`${path}/egress`, { proxy: { url: 'http://proxy.internal:3128' } }));
  });

  it('is waited for when a confirmed or attested URL replaces another one', async () => {
    const { admin } = api;
    for (const confirm of [
      async (path: string) => {
        await admin.post(`${path}/validation`);
        return admin.post(`${path}/validation/confirm`, { code: latestCode(receiver) });
      },
      (path: string) => admin.post(`${path}/validation/attest`, { reason: 'receives already' }),
    ]) {
      const { id } = await createActiveWebhook(admin, receiver);
      const path = `/v1/webhooks/${id}`;
      await admin.patch(path, { url: new URL('/other', receiver.url).href });
      await waits(confirm(path));
      expect((await admin.get(path)).body.pendingUrl).toBeNull();
    }
  });

  it('is waited for when a webhook has credentials of which a test may be in flight', async () => {
    const auth = { type: 'basic', username: 'one', password: 'two' };
    const { id } = await createWebhook(api.admin, receiver, { auth });
    await waits(api.admin.patch(`/v1/webhooks/${id}`, { auth: null }));
  });

  it('is waited for when the route of a tenant changes', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: newId() });
    await waits(api.admin.put(`/v1/tenants/${tenant.id}/egress`, { proxy: 'direct' }));
  });

  it('is not waited for when nothing is replaced: at the first validation, and for settings that no request depends on', async () => {
    const { admin } = withoutBarrier;
    const { id } = await createWebhook(admin, receiver);
    const path = `/v1/webhooks/${id}`;
    const { ca: caCertificates } = createAuthority();
    expect((await admin.patch(path, { headers: { a: 'b' }, caCertificates })).status).toBe(200);
    await validateWebhook(admin, receiver, id);
    const kept = {
      description: 'new',
      timeoutMs: 5000,
      eventTypes: ['a.b'],
      auth: null,
      deliveryFormat: null,
    };
    expect((await admin.patch(path, kept)).status).toBe(200);
    expect((await admin.post(`${path}/secrets/rotate`, { overlapHours: 1 })).status).toBe(200);
  });

  it('is not waited for when a tenant has and gets no format', async () => {
    const { admin } = withoutBarrier;
    const externalId = newId();
    expect((await admin.put(`/v1/tenants/ext:${externalId}`, { name: externalId })).status).toBe(201);
    expect((await admin.put(`/v1/tenants/ext:${externalId}`, { name: externalId })).status).toBe(200);
  });
});
