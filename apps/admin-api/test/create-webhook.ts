import type { ApiClient, Receiver } from '@posthorn/testkit';

/** Returns the code of the last validation request at a receiver, for one webhook or any. */
export function latestCode(receiver: Receiver, id = ''): string {
  const request = receiver.requests.findLast(({ body }) => body.includes(`webhookId":"${id}`));
  if (!request) throw new Error('no validation request received');
  return request.json().data.code;
}

export interface CreatedWebhook {
  id: string;
  secret: string;
}

/** Creates a webhook that is pending validation. */
export async function createWebhook(
  client: ApiClient,
  receiver: Receiver,
  fields: Record<string, unknown> = {},
): Promise<CreatedWebhook> {
  const created = await client.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'], ...fields });
  if (created.status !== 201) throw new Error(`failed to create a webhook: ${JSON.stringify(created.body)}`);
  return created.body;
}
