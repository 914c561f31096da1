import { describe, expect, it } from '@jest/globals';
import { BARRIER_MS, decodeId, encodeId, newId } from '@posthorn/core';
import { createAuthority } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ barrierMs: BARRIER_MS });
const receiver = useReceiver(api);
/** A call that waits for its barrier does not return during a test. */
const withoutBarrier = useApi({ barrierMs: 24 * 3_600_000 });

async function durationOf(call: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call;
  return performance.now() - startedAt;
}

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

  it('is waited for when the format of a tenant changes, which workers read with webhooks', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: newId() });
    const path = `/v1/tenants/${tenant.id}`;
    for (const body of ['data', 'cloudevents'])
      expect(await durationOf(api.admin.patch(path, { deliveryFormat: { body } }))).toBeGreaterThanOrEqual(
        BARRIER_MS,
      );
    expect(await durationOf(api.admin.patch(path, { deliveryFormat: null }))).toBeGreaterThanOrEqual(
      BARRIER_MS,
    );
  });

  it('is waited for when the certificates of a webhook change', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    for (const caCertificates of [createAuthority().ca, null])
      expect(
        await durationOf(api.admin.patch(`/v1/webhooks/${id}`, { caCertificates })),
      ).toBeGreaterThanOrEqual(BARRIER_MS);
  });

  it('is not waited for when a tenant has and gets no format', async () => {
    const { admin } = withoutBarrier;
    const externalId = newId();
    expect((await admin.put(`/v1/tenants/ext:${externalId}`, { name: externalId })).status).toBe(201);
    expect((await admin.put(`/v1/tenants/ext:${externalId}`, { name: externalId })).status).toBe(200);
  });
});
