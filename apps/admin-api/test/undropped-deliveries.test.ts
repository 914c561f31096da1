import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const HOUR_MS = 3_600_000;
const anHourAgo = () => new Date(Date.now() - HOUR_MS).toISOString();
const inAnHour = () => new Date(Date.now() + HOUR_MS).toISOString();

let lastType = 0;

const list = async (webhookId: string, query = '') =>
  (await api.admin.get(`/v1/deliveries?webhookId=${webhookId}${query}`)).body.data;

describe('deliveries that a suspend has not dropped yet, after the reactivation', () => {
  let webhookId: string;
  let eventIds: string[];
  beforeEach(async () => {
    const type = `undropped.t${(lastType += 1)}`;
    ({ id: webhookId } = await createActiveWebhook(api.admin, receiver, { eventTypes: [type] }));
    eventIds = [];
    for (let count = 0; count < 2; count += 1)
      eventIds.push((await api.admin.post('/v1/events', { type, data: {} })).body.id);
    // As if both calls had returned before the first delivery was dropped.
    await api.deps.pool.query(
      'UPDATE webhook SET epoch = epoch + 2, active_since = now(), suspended_at = NULL WHERE id = $1',
      [decodeId('webhook', webhookId)],
    );
  });

  it('are shown as dropped, and not listed as pending', async () => {
    const dropped = { status: 'dropped', reason: 'suspended' };
    expect(await list(webhookId)).toMatchObject([dropped, dropped]);
    expect(await list(webhookId, '&status=pending')).toEqual([]);
    expect(await list(webhookId, `&status=pending&eventType=undropped.t${lastType}`)).toEqual([]);
  });

  it('are covered by a replay of the webhook', async () => {
    const { body } = await api.admin.post(`/v1/webhooks/${webhookId}/replay`, {
      from: anHourAgo(),
      to: inAnHour(),
      statuses: ['dropped'],
    });
    expect(body).toMatchObject({ id: expect.any(String), total: 2 });
  });

  it('are covered by a replay of their event', async () => {
    const { body } = await api.admin.post(`/v1/events/${eventIds[0]}/replay`);
    expect(body).toMatchObject({ id: expect.any(String), total: 1 });
  });

  it.each([false, true])('are covered by a recovery (dryRun: %p)', async (dryRun) => {
    const { body } = await api.admin.post('/v1/recoveries', {
      since: anHourAgo(),
      webhookId,
      includeDropped: true,
      dryRun,
    });
    expect(body).toMatchObject({ total: 2, webhooks: 1 });
  });

  it('delay a replay with 503 if dropping them takes long', async () => {
    const client = await api.deps.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM pending_delivery WHERE event_id = $1 FOR UPDATE', [
      decodeId('event', eventIds[0] ?? ''),
    ]);
    const replay = () => api.admin.post(`/v1/events/${eventIds[0]}/replay`);
    const { status, body, headers } = await replay();
    await client.query('ROLLBACK');
    client.release();
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 503,
      code: 'unavailable',
      detail: 'Deliveries from before the webhook was suspended are still being dropped. Try again.',
    });
    expect(headers.get('retry-after')).toBe('2');
    expect((await replay()).body).toMatchObject({ total: 1 });
  });
});
