import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { dropExpiredPartitions } from '@posthorn/database/retention';
import { settle } from '@posthorn/database/fixtures';
import { createActiveWebhook, eventually } from '@posthorn/testkit';
import { useApi } from './use-api.js';

const api = useApi();

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

describe('a delivery with an expired payload', () => {
  let webhookId: string;
  let deliveryId: string;
  let eventId: string;
  beforeAll(async () => {
    ({ id: webhookId } = await createActiveWebhook(api.admin, await api.receiver(), {
      eventTypes: ['order.paid'],
    }));
    const { body } = await api.admin.post('/v1/events', { type: 'order.paid', data: {} });
    eventId = body.id;
    deliveryId = (await api.admin.get(`/v1/deliveries?webhookId=${webhookId}`)).body.data[0].id;
    await settle(api.deps.pool, [decodeId('delivery', deliveryId) ?? ''], 'failed');
    await eventually(async () => {
      const cutoffs = { record: '2020-01-01', payload: TOMORROW, today: TOMORROW, counted: TOMORROW };
      const { dropped, timedOut } = await dropExpiredPartitions(api.deps.pool, cutoffs);
      expect(dropped).toMatchObject({ settled_delivery: 0, earlier_attempt: 0 });
      expect(timedOut).toBeNull();
    });
  });

  it('remains listed, without the event type', async () => {
    const record = { id: deliveryId, eventId, eventType: null, status: 'failed', reason: 'exhausted' };
    expect((await api.admin.get(`/v1/deliveries/${deliveryId}`)).body).toMatchObject(record);
    expect((await api.admin.get(`/v1/deliveries?webhookId=${webhookId}`)).body.data).toMatchObject([record]);
    expect((await api.admin.get(`/v1/deliveries/${deliveryId}/attempts`)).body.data).toMatchObject([
      { number: 1 },
    ]);
    expect((await api.admin.get(`/v1/events/${eventId}/deliveries`)).body.data).toMatchObject([record]);
    expect(await api.admin.get(`/v1/events/${eventId}`)).toMatchObject({ status: 404 });
    expect((await api.admin.get('/v1/events')).body.data).toEqual([]);
  });

  it('remains hidden from other tenants', async () => {
    const { body } = await api.admin.post('/v1/tenants', { name: 'curious' });
    const other = await api.client(body.key).get(`/v1/events/${eventId}/deliveries`);
    expect(other).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('cannot be retried, with the reason in the response', async () => {
    expect(await api.admin.post(`/v1/deliveries/${deliveryId}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'payload_expired', deliveryStatus: 'failed', payload: 'expired' },
    });
    expect((await api.admin.get(`/v1/deliveries/${deliveryId}`)).body.status).toBe('failed');
  });
});
