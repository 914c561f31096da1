import { expect } from '@jest/globals';
import type { ApiClient, Receiver } from '@posthorn/testkit';

/** Creates and validates a webhook for a receiver with the API. Returns its ID. */
export async function createActiveWebhook(
  api: ApiClient,
  receiver: Receiver,
  fields: Record<string, unknown>,
): Promise<string> {
  const { body: webhook } = await api.post('/v1/webhooks', { url: receiver.url, ...fields });
  await api.post(`/v1/webhooks/${webhook.id}/validation`);
  const { code } = receiver.requests.at(-1)?.json().data ?? {};
  const { body } = await api.post(`/v1/webhooks/${webhook.id}/validation/confirm`, { code });
  expect(body.status).toBe('active');
  return webhook.id;
}
