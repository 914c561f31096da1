import { describe, expect, it } from '@jest/globals';
import { decodeId, DEFAULT_TENANT_ID, encodeId } from '@posthorn/core';
import { createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

/** Returns the pending operational events of a webhook, which a producer publishes. */
async function emittedFor(id: string): Promise<{ type: string; data: unknown; created_at: Date }[]> {
  const { rows } = await api.deps.pool.query(
    "SELECT type, data, created_at FROM operational_event WHERE data->>'webhookId' = $1 ORDER BY created_at",
    [decodeId('webhook', id)],
  );
  return rows;
}

describe('the lifecycle of a webhook', () => {
  it('emits events only when it is validated and suspended', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    expect(await emittedFor(id)).toEqual([]);
    await validateWebhook(api.admin, receiver, id);
    const { body: webhook } = await api.admin.get(`/v1/webhooks/${id}`);
    const validated = {
      type: 'posthorn.webhook.validated',
      data: { webhookId: decodeId('webhook', id), url: receiver.url, validatedAt: webhook.validatedAt },
      created_at: new Date(webhook.validatedAt),
    };
    expect(await emittedFor(id)).toEqual([validated]);

    await api.admin.patch(`/v1/webhooks/${id}`, { description: 'mine' });
    const { body: after } = await api.admin.post(`/v1/webhooks/${id}/suspend`, { reason: 'on holiday' });
    const suspended = {
      type: 'posthorn.webhook.suspended',
      data: {
        webhookId: decodeId('webhook', id),
        url: receiver.url,
        reason: 'on holiday',
        suspendedBy: 'operator',
        suspendedAt: after.suspendedAt,
      },
      created_at: new Date(after.suspendedAt),
    };
    expect(await emittedFor(id)).toEqual([validated, suspended]);

    expect((await api.admin.post(`/v1/webhooks/${id}/suspend`)).status).toBe(409);
    await api.admin.post(`/v1/webhooks/${id}/reactivate`);
    await api.admin.delete(`/v1/webhooks/${id}`);
    expect(await emittedFor(id)).toEqual([validated, suspended]);
  });

  it('emits an event when a new URL is validated, not when it is set', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    const moved = await api.receiver();
    await api.admin.patch(`/v1/webhooks/${id}`, { url: moved.url });
    expect(await emittedFor(id)).toHaveLength(1);
    await validateWebhook(api.admin, moved, id);
    const emitted = await emittedFor(id);
    expect(emitted).toHaveLength(2);
    expect(emitted[1]).toMatchObject({ type: 'posthorn.webhook.validated', data: { url: moved.url } });
  });
});

describe('an operational event', () => {
  it('is delivered to webhooks that subscribe by name and found by its type', async () => {
    const everything = await createActiveWebhook(api.admin, receiver, { eventTypes: ['*'] });
    const subscriber = await createActiveWebhook(api.admin, receiver, {
      eventTypes: ['posthorn.webhook.*', 'posthorn.delivery.exhausted'],
    });
    const type = 'posthorn.webhook.suspended';
    const accepted = await api.deps.acceptor.accept({
      tenantId: DEFAULT_TENANT_ID,
      type,
      data: {},
      dataText: null,
      occurredAt: null,
      idempotencyKey: null,
      pushed: null,
    });
    const id = encodeId('event', accepted.status === 'rejected' ? '' : accepted.id);

    expect((await api.admin.get(`/v1/events?type=${type}`)).body.data).toMatchObject([{ id, type }]);
    expect((await api.admin.get(`/v1/deliveries?eventType=${type}`)).body.data).toMatchObject([
      { eventId: id, webhookId: subscriber.id },
    ]);
    const { body } = await api.admin.get(`/v1/events/${id}/explain`);
    expect(body.data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ webhookId: subscriber.id, matched: true }),
        expect.objectContaining({ webhookId: everything.id, matched: false, reason: 'not_subscribed' }),
      ]),
    );
    const { body: subscribed } = await api.admin.get(`/v1/webhooks?eventType=${type}`);
    expect(subscribed.data.map((webhook: { id: string }) => webhook.id)).toEqual([subscriber.id]);
  });

  it('cannot be published by clients', async () => {
    const published = await api.admin.post('/v1/events', { type: 'posthorn.webhook.suspended', data: {} });
    expect(published).toMatchObject({ status: 422, body: { errors: [{ path: 'type' }] } });
  });

  it.each(['events?type=', 'deliveries?eventType='])(
    'is filtered with %s by full name only',
    async (list) => {
      expect((await api.admin.get(`/v1/${list}posthorn.*`)).status).toBe(422);
      expect((await api.admin.get(`/v1/${list}`)).status).toBe(422);
    },
  );
});
