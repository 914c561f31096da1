import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { deleteSettledPayloads, dropExpiredPayloads } from '@posthorn/database/retention';
import { settle as settleDelivery } from '@posthorn/database/fixtures';
import { createActiveWebhook } from '@posthorn/testkit';
import { createFeedWebhook, settle } from './feed-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({ payloadRetentionDays: 30 });
const receiver = useReceiver(api);

const DAY_MS = 86_400_000;
const dayIn = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

const endOf = (days: number) => `${dayIn(days + 1)}T00:00:00.000Z`;

const dropBefore = async (days: number) => {
  for (let timedOut: string | null = ''; timedOut !== null;)
    ({ timedOut } = await dropExpiredPayloads(api.deps.pool, dayIn(days)));
};

/** Creates a type with a retention. */
async function createType(name: string, payloadDays: number): Promise<void> {
  const { status } = await api.admin.post('/v1/event-types', {
    name,
    retention: { payloadDays },
    searchKeys: ['/id'],
  });
  expect(status).toBe(201);
}

async function publish(type: string, data: object = { id: 'A-1' }) {
  const { body } = await api.admin.post('/v1/events', { type, data, metadata: { customer: 'c-1' } });
  return body.id as string;
}

const deliveryOf = async (eventId: string) =>
  (await api.admin.get(`/v1/events/${eventId}/deliveries`)).body.data[0];

const fail = (deliveryId: string) =>
  settleDelivery(api.deps.pool, [decodeId('delivery', deliveryId) ?? ''], 'failed');

describe('the retention of an event type', () => {
  it('is set, changed and reset by keys for all tenants, and recorded', async () => {
    await createType('kept.changed', 7);
    const path = '/v1/event-types/kept.changed';
    expect((await api.admin.get(path)).body.retention).toEqual({ payloadDays: 7, historyDays: null });
    expect((await api.admin.patch(path, { description: 'x' })).body.retention).toEqual({
      payloadDays: 7,
      historyDays: null,
    });
    expect((await api.admin.patch(path, { retention: {} })).body.retention).toEqual({
      payloadDays: 7,
      historyDays: null,
    });
    const changed = await api.admin.patch(path, { retention: { payloadDays: 0 } });
    expect(changed.body.retention).toEqual({ payloadDays: 0, historyDays: null });
    const reset = await api.admin.patch(path, { retention: { payloadDays: null } });
    expect(reset.body.retention).toEqual({ payloadDays: null, historyDays: null });
    const { body } = await api.admin.get('/v1/audit-entries?action=event_type.updated');
    expect(body.data[0]).toMatchObject({
      before: { retention: { payloadDays: 0 } },
      after: { retention: { payloadDays: null } },
    });
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'own key' });
    const own = await api.client(tenant.key).patch(path, { retention: { payloadDays: 1 } });
    expect(own.status).toBe(403);
  });

  it.each([
    [{ payloadDays: 31 }, 'retention.payloadDays', 'too_big', { limit: 30 }],
    [{ payloadDays: -1 }, 'retention.payloadDays', 'too_small', { limit: 0 }],
    [{ payloadDays: 1.5 }, 'retention.payloadDays', 'not_an_integer', {}],
    [{ payloadDays: '7' }, 'retention.payloadDays', 'not_a_number', {}],
    [{ days: 7 }, 'retention.days', 'unknown_field', {}],
  ])('is rejected if it is %j', async (retention, path, code, params) => {
    for (const call of [
      api.admin.post('/v1/event-types', { name: 'kept.rejected', retention }),
      api.admin.post('/v1/tenants', { name: 'rejected', retention }),
      api.admin.patch('/v1/tenants/default', { retention }),
    ])
      expect(await call).toMatchObject({
        status: 422,
        body: { errors: [expect.objectContaining({ path, code, params })] },
      });
  });

  it('may be as long as the retention of the installation', async () => {
    await createType('kept.longest', 30);
    expect(
      (await api.admin.get(`/v1/events/${await publish('kept.longest', {})}`)).body.payloadUntil,
    ).toEqual(expect.any(String));
  });
});

/** Returns until when a payload of a new tenant with this retention is kept. */
const untilOfTenant = async (payloadDays: number | null) => {
  const { body: tenant } = await api.admin.post('/v1/tenants', {
    name: `both ${payloadDays}`,
    retention: { payloadDays },
  });
  const client = api.client(tenant.key);
  const { body } = await client.post('/v1/events', { type: 'kept.both', data: {} });
  const { payloadUntil, payloadUntilSettled } = (await client.get(`/v1/events/${body.id}`)).body;
  return payloadUntilSettled ? 'settled' : payloadUntil;
};

describe('the retention of a tenant', () => {
  it('is set, and reset by a PUT without it', async () => {
    const put = (body: object) => api.admin.put('/v1/tenants/ext:retained', { name: 'retained', ...body });
    expect((await put({ retention: { payloadDays: 3 } })).body.retention).toEqual({
      payloadDays: 3,
      historyDays: null,
    });
    const { id } = (await api.admin.get('/v1/tenants/ext:retained')).body;
    expect((await api.admin.patch(`/v1/tenants/${id}`, { locale: 'de' })).body.retention).toEqual({
      payloadDays: 3,
      historyDays: null,
    });
    expect((await put({ retention: { payloadDays: 0 } })).body.retention).toEqual({
      payloadDays: 0,
      historyDays: null,
    });
    expect((await put({})).body.retention).toEqual({ payloadDays: null, historyDays: null });
  });

  it('applies if it is shorter than the retention of the type', async () => {
    await createType('kept.both', 5);
    expect(await untilOfTenant(2)).toBe(endOf(2));
    expect(await untilOfTenant(9)).toBe(endOf(5));
    expect(await untilOfTenant(null)).toBe(endOf(5));
    expect(await untilOfTenant(0)).toBe('settled');
  });
});

describe('an event whose payload has expired', () => {
  let eventId: string;
  let deliveryId: string;
  let webhookId: string;
  beforeAll(async () => {
    await createType('kept.short', 2);
    const filter = { type: 'object', properties: { id: { const: 'A-1' } } };
    ({ id: webhookId } = await createActiveWebhook(api.admin, receiver, {
      eventTypes: ['kept.short'],
      filter,
    }));
    eventId = await publish('kept.short');
    deliveryId = (await deliveryOf(eventId)).id;
    const event = (await api.admin.get(`/v1/events/${eventId}`)).body;
    expect(event).toMatchObject({ data: { id: 'A-1' }, searchValues: [{ key: '/id', value: 'A-1' }] });
    expect((await api.admin.get('/v1/search?q=A-1')).body.data).toMatchObject([{ id: eventId }]);
    await fail(deliveryId);
    await dropBefore(3);
  });

  it('is shown without data, with its type and its times', async () => {
    const { body } = await api.admin.get(`/v1/events/${eventId}`);
    expect(body).toMatchObject({
      type: 'kept.short',
      data: null,
      payloadUntil: `${dayIn(3)}T00:00:00.000Z`,
      occurredAt: expect.stringMatching(/^\d{4}-/),
      searchValues: [],
    });
    const { body: listed } = await api.admin.get('/v1/events?type=kept.short');
    expect(listed.data).toMatchObject([{ id: eventId, occurredAt: body.occurredAt }]);
    expect((await api.admin.get('/v1/search?q=A-1')).body.data).toEqual([]);
  });

  it('is explained without the filter, which cannot be evaluated', async () => {
    const other = await createActiveWebhook(api.admin, receiver, {
      eventTypes: ['kept.short'],
      filter: { type: 'object', required: ['missing'] },
    });
    const { body } = await api.admin.get(`/v1/events/${eventId}/explain`);
    const reasons = new Map(
      body.data.map((each: { webhookId: string; reason: string }) => [each.webhookId, each.reason]),
    );
    expect(reasons.get(webhookId)).toBe('failed');
    expect(reasons.get(other.id)).toBe('created_later');
  });

  it('is not retried, and has no request', async () => {
    expect(await api.admin.post(`/v1/deliveries/${deliveryId}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'payload_expired', deliveryStatus: 'failed', payload: 'expired' },
    });
    const { body } = await api.admin.post('/v1/deliveries/retry', { ids: [deliveryId] });
    expect(body.results).toMatchObject([{ result: 'rejected', code: 'payload_expired' }]);
    expect(await api.admin.get(`/v1/deliveries/${deliveryId}/request`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_state' },
    });
    expect(await api.admin.post(`/v1/events/${eventId}/replay`, {})).toMatchObject({ body: { total: 0 } });
  });

  it('cannot be compared', async () => {
    const { status, body } = await api.admin.post(`/v1/webhooks/${webhookId}/compare`, {
      event: eventId,
      headers: {},
      body: '{}',
    });
    expect([status, body.code]).toEqual([409, 'payload_expired']);
  });
});

describe('a payload that is kept until all deliveries are settled', () => {
  it('is gone once they are, and the feed of its webhook has an entry without body', async () => {
    const clean = () => deleteSettledPayloads(api.deps.pool, { after: null, maxMs: 10_000 });
    await clean();
    const webhook = await createFeedWebhook(api, receiver);
    await createType(webhook.type, 0);
    const eventId = await webhook.publish({ id: 'B-1' });
    expect((await api.admin.get(`/v1/events/${eventId}`)).body).toMatchObject({
      data: { id: 'B-1' },
      payloadUntil: null,
      payloadUntilSettled: true,
    });
    expect((await webhook.feed()).body.entries).toMatchObject([
      { eventId, body: expect.stringContaining('B-1') },
    ]);
    expect((await clean()).deleted).toBe(0);
    await settle(api, webhook, { sequence: 1, status: 'failed' });
    expect((await clean()).deleted).toBe(1);
    expect((await api.admin.get(`/v1/events/${eventId}`)).body).toMatchObject({
      data: null,
      payloadUntil: null,
      payloadUntilSettled: true,
    });
    expect((await webhook.feed()).body.entries).toMatchObject([
      { eventId, eventType: webhook.type, body: null },
    ]);
  });
});
