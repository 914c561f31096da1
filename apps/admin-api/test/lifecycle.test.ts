import { beforeAll, describe, expect, it } from '@jest/globals';
import { BARRIER_MS, decodeId } from '@posthorn/core';
import type { Receiver } from '@posthorn/testkit';
import { latestCode } from './create-webhook.js';
import { useApi } from './use-api.js';

const api = useApi({ barrierMs: BARRIER_MS });

describe('the lifecycle of a webhook', () => {
  let receiver: Receiver;
  let id: string;
  let secret: string;

  beforeAll(async () => {
    receiver = await api.receiver();
  });

  it('starts pending validation and shows its secret once', async () => {
    const created = await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['invoice.paid'] });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      status: 'pending_validation',
      url: receiver.url,
      eventTypes: ['invoice.paid'],
    });
    expect(created.body.secret).toMatch(/^whsec_/);
    ({ id, secret } = created.body);
  });

  it('receives nothing before it is validated', async () => {
    const published = await api.admin.post('/v1/events', { type: 'invoice.paid', data: {} });
    expect(published).toMatchObject({ status: 202, body: { deliveries: 0 } });
    expect(receiver.requests).toEqual([]);
  });

  it('receives a signed validation request', async () => {
    const sent = await api.admin.post(`/v1/webhooks/${id}/validation`);
    expect(sent).toMatchObject({ status: 200, body: { status: 'code_sent', responseStatus: 200 } });
    expect(receiver.requests).toHaveLength(1);
    receiver.verify(secret);
    expect(receiver.requests[0]?.json()).toMatchObject({
      type: 'webhook.validation',
      data: { code: expect.any(String), webhookId: id },
    });
  });

  it('counts incorrect codes and accepts the correct one', async () => {
    const wrong = await api.admin.post(`/v1/webhooks/${id}/validation/confirm`, { code: 'WRONG234' });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'validation_code_invalid', attemptsLeft: 4 } });
    const confirmed = await api.admin.post(`/v1/webhooks/${id}/validation/confirm`, {
      code: latestCode(receiver).toLowerCase(),
    });
    expect(confirmed).toMatchObject({ status: 200, body: { id, status: 'active' } });
    expect(confirmed.body.activeSince).toBe(confirmed.body.validatedAt);
  });

  it('matches the next event', async () => {
    const published = await api.admin.post('/v1/events', { type: 'invoice.paid', data: { n: 1 } });
    expect(published.body.deliveries).toBe(1);
  });

  it('is suspended after the barrier, and its pending deliveries are dropped', async () => {
    const startedAtMs = performance.now();
    const suspended = await api.admin.post(`/v1/webhooks/${id}/suspend`, { reason: 'on holiday' });
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1000);
    expect(suspended).toMatchObject({
      status: 200,
      body: { status: 'suspended', suspendReason: 'on holiday', droppedDeliveries: 1 },
    });
    const dropped = await api.admin.get(`/v1/deliveries?webhookId=${id}&status=dropped`);
    expect(dropped.body.data).toMatchObject([
      { status: 'dropped', reason: 'suspended', eventType: 'invoice.paid' },
    ]);
    const missed = await api.admin.post('/v1/events', { type: 'invoice.paid', data: { n: 2 } });
    expect(missed.body.deliveries).toBe(0);
  });

  it('waits for the barrier also if it is already suspended', async () => {
    const startedAtMs = performance.now();
    const again = await api.admin.post(`/v1/webhooks/${id}/suspend`);
    expect(again).toMatchObject({ status: 409, body: { webhookStatus: 'suspended' } });
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1000);
  });

  it('is reactivated for events published from then on', async () => {
    const reactivated = await api.admin.post(`/v1/webhooks/${id}/reactivate`);
    expect(reactivated).toMatchObject({ status: 200, body: { status: 'active', suspendReason: null } });
    const published = await api.admin.post('/v1/events', { type: 'invoice.paid', data: { n: 3 } });
    expect(published.body.deliveries).toBe(1);
  });

  it('is deleted while its history remains', async () => {
    expect((await api.admin.delete(`/v1/webhooks/${id}`)).status).toBe(204);
    expect((await api.admin.get(`/v1/webhooks/${id}`)).status).toBe(404);
    expect((await api.admin.delete(`/v1/webhooks/${id}`)).status).toBe(404);
    expect((await api.admin.get('/v1/webhooks')).body.data).toEqual([]);
    const history = await api.admin.get(`/v1/deliveries?webhookId=${id}`);
    expect(history.body.data.map((delivery: { reason: string }) => delivery.reason)).toEqual([
      'deleted',
      'suspended',
    ]);
  });

  it('has no subscriptions once it is deleted, so events do not look it up', async () => {
    const { rows } = await api.deps.pool.query<{ subscriptions: number }>(
      'SELECT count(*)::int AS subscriptions FROM webhook_subscription WHERE webhook_id = $1',
      [decodeId('webhook', id)],
    );
    expect(rows).toEqual([{ subscriptions: 0 }]);
    const audit = await api.admin.get(`/v1/audit-entries?action=webhook.deleted&target=${id}`);
    expect(audit.body.data).toMatchObject([
      { before: { eventTypes: ['invoice.paid'] }, after: { eventTypes: [] } },
    ]);
  });
});
