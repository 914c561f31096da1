// The position of a feed: its last number and the stored cursor.
import { expect, it } from '@jest/globals';
import { createFeedWebhook } from './feed-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

it('is returned also while the webhook is suspended, and without numbers', async () => {
  const webhook = await createFeedWebhook(api, receiver);
  const position = async () => (await api.admin.get(`/v1/webhooks/${webhook.id}/feed/cursor`)).body;
  expect(await position()).toEqual({ cursor: null, last: 0 });
  await webhook.publish();
  await webhook.publish();
  expect(await position()).toEqual({ cursor: null, last: 2 });
  await api.admin.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence: 1 });
  await api.admin.post(`/v1/webhooks/${webhook.id}/suspend`);
  expect(await position()).toEqual({ cursor: 1, last: 2 });
});

it('is found by keys of its tenant and of its feed only', async () => {
  const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'other' });
  const [webhook, other] = [await createFeedWebhook(api, receiver), await createFeedWebhook(api, receiver)];
  const { body: key } = await api.admin.post('/v1/api-keys', { name: 'reader', webhookId: webhook.id });
  const statusFor = async (client: string, { id } = webhook) =>
    (await api.client(client).get(`/v1/webhooks/${id}/feed/cursor`)).status;
  expect(await statusFor(key.key)).toBe(200);
  expect(await statusFor(key.key, other)).toBe(404);
  expect(await statusFor(tenant.key)).toBe(404);
});
