import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, type WebhookFence } from '@posthorn/core';
import type { NewTenantFence } from '@posthorn/flow';
import { createActiveWebhook, eventually } from '@posthorn/testkit';
import { startApi, type TestApi } from './start-api.js';

let api: TestApi;
/** The fences raised so far. */
let raised: WebhookFence[] = [];
const raisedOfTenants: NewTenantFence[] = [];
/** How Redis responds. */
let redis: () => Promise<void> = async () => {};

beforeAll(async () => {
  api = await startApi({
    fences: {
      raise: async (fences) => {
        raised.push(...fences);
        await redis();
      },
      raiseTenants: async (fences) => {
        raisedOfTenants.push(...fences);
        await redis();
      },
      find: async () => [],
    },
  });
});
afterAll(() => api.close());

async function createWebhook(): Promise<{ id: string; webhookId: string | null }> {
  const { id } = await createActiveWebhook(api.admin, await api.receiver(), { eventTypes: ['a.b'] });
  raised = [];
  return { id, webhookId: decodeId('webhook', id) };
}

describe('the fence', () => {
  it('is raised to the new epoch when a webhook is suspended, before the call returns', async () => {
    const { id, webhookId } = await createWebhook();
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    expect(raised).toEqual([{ webhookId, epoch: 1, isDeleted: false, validatedAt: expect.any(Date) }]);
    await api.admin.post(`/v1/webhooks/${id}/reactivate`);
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    expect(raised.at(-1)).toEqual({ webhookId, epoch: 3, isDeleted: false, validatedAt: expect.any(Date) });
  });

  it('is raised for good when a webhook is deleted', async () => {
    const { id, webhookId } = await createWebhook();
    await api.admin.delete(`/v1/webhooks/${id}`);
    expect(raised).toEqual([{ webhookId, epoch: 1, isDeleted: true, validatedAt: expect.any(Date) }]);
  });

  it('is raised by a repeated call, because the first one may have been interrupted', async () => {
    // The call waits for the fence only as long as for the barrier, which is short in this test.
    const { id, webhookId } = await createWebhook();
    await api.admin.post(`/v1/webhooks/${id}/suspend`);
    raised = [];
    expect((await api.admin.post(`/v1/webhooks/${id}/suspend`)).status).toBe(409);
    await eventually(() =>
      expect(raised).toEqual([{ webhookId, epoch: 1, isDeleted: false, validatedAt: expect.any(Date) }]),
    );
    await api.admin.delete(`/v1/webhooks/${id}`);
    raised = [];
    expect((await api.admin.delete(`/v1/webhooks/${id}`)).status).toBe(404);
    await eventually(() =>
      expect(raised).toEqual([{ webhookId, epoch: 2, isDeleted: true, validatedAt: expect.any(Date) }]),
    );
  });

  it('is raised when a tenant is suspended or deleted, also by a repeated call', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'fenced' });
    const tenantId = decodeId('tenant', tenant.id);
    const suspend = () => api.admin.post(`/v1/tenants/${tenant.id}/suspend`);
    const remove = () => api.admin.delete(`/v1/tenants/${tenant.id}`);
    await suspend();
    expect(raisedOfTenants).toEqual([{ tenantId, epoch: 1, isDeleted: false }]);
    expect((await suspend()).status).toBe(409);
    await eventually(() => expect(raisedOfTenants).toHaveLength(2));
    await remove();
    expect(raisedOfTenants.at(-1)).toEqual({ tenantId, epoch: 2, isDeleted: true });
    expect((await remove()).status).toBe(404);
    await eventually(() => expect(raisedOfTenants).toHaveLength(4));
  });

  it.each<[string, () => Promise<void>]>([
    ['is unavailable', () => Promise.reject(new Error('connection closed'))],
    ['does not respond', () => new Promise(() => {})],
  ])('is not required: a webhook is suspended while Redis %s', async (_what, response) => {
    const { id } = await createWebhook();
    redis = response;
    const suspended = await api.admin.post(`/v1/webhooks/${id}/suspend`);
    redis = async () => {};
    expect(suspended).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect(api.logs.filter((line) => line.includes('fence not raised')).length).toBeGreaterThan(0);
  });
});
