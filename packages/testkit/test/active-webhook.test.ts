import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { apiClient, createActiveWebhook, startReceiver, type Receiver } from '../src/index.js';

let api: Receiver;
let receiver: Receiver;
beforeEach(async () => {
  [api, receiver] = await Promise.all([startReceiver(), startReceiver()]);
});
afterEach(() => Promise.all([api.close(), receiver.close()]));

/** Imitates the API. `status` is the one of `POST …/validation`. */
function imitateApi(status: 'code_sent' | 'confirmed'): void {
  api.handle(async ({ path }) => {
    if (path === '/v1/webhooks') return { status: 201, body: '{"id":"wh_1","secret":"whsec_1"}' };
    if (path.endsWith('/confirm')) return { body: '{"status":"active"}' };
    const event = { type: 'webhook.validation', data: { code: 'CODE2345', webhookId: 'wh_1' } };
    await fetch(receiver.url, { method: 'POST', body: JSON.stringify(event) });
    return { body: JSON.stringify({ status }) };
  });
}

it('confirms the code that the receiver got, and removes that request', async () => {
  imitateApi('code_sent');
  const webhook = await createActiveWebhook(apiClient(api.url), receiver, { maxInFlight: 1 });
  expect(webhook).toEqual({ id: 'wh_1', secret: 'whsec_1' });
  expect(receiver.requests).toEqual([]);
  expect(api.requests.map(({ path, body }) => [path, body && JSON.parse(body)])).toEqual([
    ['/v1/webhooks', { url: receiver.url, eventTypes: ['*'], maxInFlight: 1 }],
    ['/v1/webhooks/wh_1/validation', ''],
    ['/v1/webhooks/wh_1/validation/confirm', { code: 'CODE2345' }],
  ]);
});

it('sends no code when the receiver has confirmed itself', async () => {
  imitateApi('confirmed');
  await createActiveWebhook(apiClient(api.url), receiver);
  expect(api.requests).toHaveLength(2);
});

it('rejects with the response of the API', async () => {
  api.handle(() => ({ status: 422, body: '{"code":"invalid_url"}' }));
  await expect(createActiveWebhook(apiClient(api.url), receiver)).rejects.toThrow(
    'Webhook not created: {"code":"invalid_url"}',
  );
});
