import { beforeAll, describe, expect, it } from '@jest/globals';
import { encodeId, SYSTEM_TENANT_ID } from '@posthorn/core';
import { validateWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { useApi, useReceiver } from './use-api.js';

const SYSTEM_ID = encodeId('tenant', SYSTEM_TENANT_ID);

const api = useApi();
const receiver = useReceiver(api);
let tenant: CheckedClient;
let portal: CheckedClient;
beforeAll(async () => {
  const { body } = await api.admin.post('/v1/tenants', { name: 'customer' });
  tenant = api.client(body.key);
  const { body: link } = await api.admin.post('/v1/portal-links', { tenantId: body.id });
  portal = api.client(new URL(link.url).hash.replace('#token=', ''));
});

const createSystemWebhook = (eventTypes: string[], client = api.admin) =>
  client.post('/v1/webhooks', { url: receiver.url, eventTypes, tenantId: 'system' });

describe('a webhook of the system scope', () => {
  it('is created, validated, listed, suspended and deleted by a key for all tenants', async () => {
    const created = await createSystemWebhook(['posthorn.webhook.*', 'posthorn.delivery.exhausted']);
    expect(created).toMatchObject({
      status: 201,
      body: { tenantId: SYSTEM_ID, status: 'pending_validation' },
    });
    const { id } = created.body;
    await validateWebhook(api.admin, receiver, id);
    for (const tenantId of ['system', '*']) {
      const { body } = await api.admin.get(`/v1/webhooks?tenantId=${tenantId}`);
      expect(body.data).toMatchObject([{ id, status: 'active' }]);
    }
    expect((await api.admin.get('/v1/webhooks')).body.data).toEqual([]);
    expect((await api.admin.post(`/v1/webhooks/${id}/suspend`)).body.status).toBe('suspended');
    expect((await api.admin.delete(`/v1/webhooks/${id}`)).status).toBe(204);
  });

  it('takes * as all operational events, also in a change', async () => {
    const { body } = await createSystemWebhook(['*', 'posthorn.*']);
    expect(body.eventTypes).toEqual(['posthorn.*']);
    const patched = await api.admin.patch(`/v1/webhooks/${body.id}`, { eventTypes: ['*'] });
    expect(patched.body.eventTypes).toEqual(['posthorn.*']);
  });

  it('subscribes to nothing else', async () => {
    expect(await createSystemWebhook(['posthorn.*', 'invoice.paid'])).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'eventTypes[1]' }] },
    });
    const { body } = await createSystemWebhook(['posthorn.*']);
    expect((await api.admin.patch(`/v1/webhooks/${body.id}`, { eventTypes: ['a.*'] })).status).toBe(422);
  });

  it('is found by its external id', async () => {
    const url = '/v1/webhooks/ext:alerts?tenantId=system';
    const settings = { url: receiver.url, eventTypes: ['*'] };
    const { body: created } = await api.admin.put(url, settings);
    expect((await api.admin.put(url, settings)).body.id).toBe(created.id);
    expect((await api.admin.get(url)).body).toMatchObject({ id: created.id, tenantId: SYSTEM_ID });
  });

  it.each(['slack', 'teams', 'discord'])('gets readable messages of %s, also with its code', async (body) => {
    const settings = { url: receiver.url, eventTypes: ['*'], tenantId: 'system', deliveryFormat: { body } };
    const { id } = (await api.admin.post('/v1/webhooks', settings)).body;
    expect((await api.admin.post(`/v1/webhooks/${id}/validation`)).status).toBe(200);
    const code = /\b[A-Z0-9]{8}\b/.exec(receiver.requests.at(-1)?.body ?? '')?.[0];
    const { body: webhook } = await api.admin.post(`/v1/webhooks/${id}/validation/confirm`, { code });
    expect(webhook.status).toBe('active');
    const data = { url: 'https://shop.example/secret', percent: 50 };
    const test = { eventType: 'posthorn.webhook.failing', data };
    expect((await api.admin.post(`/v1/webhooks/${id}/test`, test)).body.succeeded).toBe(true);
    expect(receiver.requests.at(-1)?.body).toContain('A webhook is failing');
    expect(receiver.requests.at(-1)?.body).not.toContain('secret');
  });

  it.each(['tenant key', 'portal link'])('is neither seen nor changed with a %s', async (kind) => {
    const client = kind === 'portal link' ? portal : tenant;
    const { body } = await createSystemWebhook(['posthorn.*']);
    expect((await createSystemWebhook(['posthorn.*'], client)).status).toBe(404);
    for (const reference of ['system', SYSTEM_ID]) {
      const { status } = await client.get(`/v1/webhooks?tenantId=${reference}`);
      expect([403, 404, 422]).toContain(status);
    }
    expect((await client.get('/v1/webhooks')).body.data).toEqual([]);
    const path = `/v1/webhooks/${body.id}`;
    for (const response of [
      client.get(path),
      client.patch(path, { description: 'x' }),
      client.post(`${path}/suspend`),
      client.delete(path),
    ])
      expect((await response).status).toBe(404);
  });
});

describe('the system scope', () => {
  it('is in no list of tenants and found by no search', async () => {
    const { body } = await api.admin.get('/v1/tenants');
    expect(body.data.map(({ name }: { name: string }) => name).toSorted()).toEqual(['customer', 'default']);
    for (const text of ['system', SYSTEM_ID]) {
      const { body: found } = await api.admin.get(`/v1/search?q=${text}`);
      expect(JSON.stringify(found)).not.toContain(SYSTEM_ID);
    }
  });

  it.each([SYSTEM_ID, 'system'])('has no settings, keys, portal links or events: %s', async (tenantId) => {
    for (const response of [
      api.admin.get(`/v1/tenants/${tenantId}`),
      api.admin.patch(`/v1/tenants/${tenantId}`, { name: 'x' }),
      api.admin.post('/v1/api-keys', { name: 'x', tenantId }),
      api.admin.post('/v1/portal-links', { tenantId }),
      api.admin.post('/v1/events', { type: 'a.b', data: {}, tenantId }),
    ])
      expect([404, 422]).toContain((await response).status);
  });
});
