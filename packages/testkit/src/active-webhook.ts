import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, ApiResponse } from './api-client.js';
import type { Receiver } from './receiver.js';

export interface ActiveWebhook {
  id: string;
  /** The signing secret, `whsec_…`. */
  secret: string;
}

const MAX_RETRIES = 10;
const RETRY_DELAY_MS = 500;

/**
 * Creates a webhook for `receiver` through the API and validates it. The receiver's handler must return a 2xx for the validation
 * request, which is then removed from `receiver.requests`.
 *
 * @param fields of `POST /v1/webhooks`. Default: the receiver's URL and all event types.
 * @throws Error when the API rejects one of the calls
 */
export async function createActiveWebhook(
  api: ApiClient,
  receiver: Receiver,
  fields: Record<string, unknown> = {},
): Promise<ActiveWebhook> {
  const created = await create(api, { url: receiver.url, eventTypes: ['*'], ...fields });
  if (created.status !== 201) throw new Error(`Webhook not created: ${JSON.stringify(created.body)}`);
  const { id, secret } = created.body;
  await validateWebhook(api, receiver, id);
  return { id, secret };
}

/** Retries like any client: a busy API refuses a change that would wait too long, and changes nothing. */
async function create(api: ApiClient, body: Record<string, unknown>): Promise<ApiResponse> {
  for (let retries = 0; ; retries += 1) {
    const created = await api.post('/v1/webhooks', body);
    if (created.status !== 503 || retries === MAX_RETRIES) return created;
    await sleep(RETRY_DELAY_MS);
  }
}

/** Validates a webhook, or its pending URL, with the code that `receiver` gets. See `createActiveWebhook`. */
export async function validateWebhook(api: ApiClient, receiver: Receiver, id: string): Promise<void> {
  const sent = await api.post(`/v1/webhooks/${id}/validation`);
  if (sent.status !== 200) throw new Error(`Validation code not sent: ${JSON.stringify(sent.body)}`);
  const code = takeValidationCode(receiver, id);
  // The receiver has already returned the code itself.
  if (sent.body.status === 'confirmed') return;
  const confirmed = await api.post(`/v1/webhooks/${id}/validation/confirm`, { code });
  if (confirmed.status !== 200) throw new Error(`Webhook not validated: ${JSON.stringify(confirmed.body)}`);
}

function takeValidationCode(receiver: Receiver, id: string): string {
  // The body depends on the delivery format, but it contains the data.
  const index = receiver.requests.findLastIndex(({ body }) => body.includes(`"webhookId":"${id}"`));
  const [request] = index === -1 ? [] : receiver.requests.splice(index, 1);
  const code = request && /"code":"([^"]+)"/.exec(request.body)?.[1];
  if (code === undefined) throw new Error(`Validation request for ${id} not received`);
  return code;
}
