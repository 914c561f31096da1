// Who sees why a request got no response. The reason names the host or address of a webhook.
import { describe, expect, it } from '@jest/globals';
import { decodeId, DEFAULT_TENANT_ID, encodeId, newId, type Scope } from '@posthorn/core';
import { recordAttempt } from '@posthorn/database/fixtures';
import { type ApiClient, createActiveWebhook } from '@posthorn/testkit';
import { useApi, useReceiver } from './use-api.js';

const SECRET_HOST = 'secret-host.example';
const REASON = `The host name ${SECRET_HOST} could not be resolved: it has no address`;
const CLASS = { code: 'dns_error', message: 'The host name of the receiver could not be resolved' };

const api = useApi();
const receiver = useReceiver(api);

async function keyWith(...scopes: Scope[]): Promise<ApiClient> {
  return api.client((await api.admin.post('/v1/api-keys', { tenantId: 'default', scopes })).body.key);
}

/** Creates an active webhook for a URL that cannot be reached any more. */
async function unreachableWebhook(): Promise<string> {
  const { id } = await createActiveWebhook(api.admin, receiver);
  await api.deps.pool.query('UPDATE webhook SET url = $2 WHERE id = $1', [
    decodeId('webhook', id),
    `http://${SECRET_HOST}.invalid/`,
  ]);
  return id;
}

/** Stores an event of any type, also one that only Posthorn may publish. Returns its id. */
async function storedEvent(type: string, data: Record<string, unknown>): Promise<string> {
  const id = newId();
  const timestamp = new Date().toISOString();
  const body = JSON.stringify({ id: encodeId('event', id), type, timestamp, data });
  await api.deps.pool.query(
    `INSERT INTO event (id, tenant_id, type, body, published_at) VALUES ($1, $2, $3, $4, now())`,
    [id, DEFAULT_TENANT_ID, type, body],
  );
  return encodeId('event', id);
}

describe('the reason of a failed attempt', () => {
  it('is shown to keys that may read webhooks; to others only its class', async () => {
    await createActiveWebhook(api.admin, receiver, { eventTypes: ['reason.tested'] });
    const event = await api.admin.post('/v1/events', { type: 'reason.tested', data: {} });
    const { data } = (await api.admin.get(`/v1/events/${event.body.id}/deliveries`)).body;
    const deliveryId: string = data[0].id;
    const error = { responseStatus: null, responseBody: null, errorCode: CLASS.code, errorMessage: REASON };
    await recordAttempt(api.deps.pool, [decodeId('delivery', deliveryId) ?? ''], error);
    const attemptsFor = async (client: ApiClient) =>
      (await client.get(`/v1/deliveries/${deliveryId}/attempts`)).body.data[0].error;
    expect(await attemptsFor(await keyWith('deliveries:read'))).toEqual(CLASS);
    const full = { code: CLASS.code, message: REASON };
    expect(await attemptsFor(await keyWith('deliveries:read', 'webhooks:read'))).toEqual(full);
    expect(await attemptsFor(api.admin)).toEqual(full);
  });

  it('is shown in the same way after a test event', async () => {
    const id = await unreachableWebhook();
    const testWith = async (client: ApiClient) =>
      (await client.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' })).body.error;
    expect(await testWith(await keyWith('webhooks:write'))).toEqual(CLASS);
    const { message } = await testWith(await keyWith('webhooks:write', 'webhooks:read'));
    expect(message).toContain(SECRET_HOST);
  });

  it('is shown in the same way when a URL of the validated origin is validated', async () => {
    const id = await unreachableWebhook();
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `http://${SECRET_HOST}.invalid/next` });
    const validateWith = (client: ApiClient) => client.post(`/v1/webhooks/${id}/validation`);
    const { body } = await validateWith(await keyWith('webhooks:write'));
    expect(body.error).toEqual(CLASS);
    expect(JSON.stringify(body)).not.toContain(SECRET_HOST);
    const full = await validateWith(await keyWith('webhooks:write', 'webhooks:read'));
    expect(full.body.error.message).toContain(SECRET_HOST);
  });

  it('is shown in the same way in operational events, as is the URL', async () => {
    const exhausted = { attempts: 3, lastError: { code: CLASS.code, message: REASON } };
    const suspended = { reason: 'manual', url: `https://${SECRET_HOST}/` };
    const events = [
      await storedEvent('posthorn.delivery.exhausted', exhausted),
      await storedEvent('posthorn.webhook.suspended', suspended),
      await storedEvent('invoice.paid', suspended),
    ];
    const dataFor = (client: ApiClient) =>
      Promise.all(events.map(async (id) => (await client.get(`/v1/events/${id}`)).body.data));
    expect(await dataFor(await keyWith('events:read'))).toEqual([
      { attempts: 3, lastError: CLASS },
      { reason: 'manual' },
      suspended,
    ]);
    expect(await dataFor(await keyWith('events:read', 'webhooks:read'))).toEqual([
      exhausted,
      suspended,
      suspended,
    ]);
  });
});
