import type { ApiClient, Receiver } from '@posthorn/testkit';

/** The code of the last validation request that a receiver got, for one webhook or for any. */
export function latestCode(receiver: Receiver, id = ''): string {
  const request = receiver.requests.findLast(({ body }) => body.includes(`webhookId":"${id}`));
  if (!request) throw new Error('no validation request arrived');
  return request.json().data.code;
}

export interface CreatedWebhook {
  id: string;
  secret: string;
}

/** A webhook that waits for its validation. */
export async function createWebhook(
  client: ApiClient,
  receiver: Receiver,
  fields: Record<string, unknown> = {},
): Promise<CreatedWebhook> {
  const created = await client.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'], ...fields });
  if (created.status !== 201) throw new Error(`not created: ${JSON.stringify(created.body)}`);
  return created.body;
}

/** Sends the code to whatever URL waits for it, and confirms it. */
export async function validate(client: ApiClient, receiver: Receiver, id: string): Promise<void> {
  const sent = await client.post(`/v1/webhooks/${id}/validation`);
  if (sent.status !== 200) throw new Error(`no code sent: ${JSON.stringify(sent.body)}`);
  const confirmed = await client.post(`/v1/webhooks/${id}/validation/confirm`, {
    code: latestCode(receiver, id),
  });
  if (confirmed.status !== 200) throw new Error(`not confirmed: ${JSON.stringify(confirmed.body)}`);
}

/** A webhook that gets events. */
export async function createActiveWebhook(
  client: ApiClient,
  receiver: Receiver,
  fields: Record<string, unknown> = {},
): Promise<CreatedWebhook> {
  const webhook = await createWebhook(client, receiver, fields);
  await validate(client, receiver, webhook.id);
  return webhook;
}
