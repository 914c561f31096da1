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

const CODE = /"code":"([^"]+)"/;

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
  const created = await untilAvailable(() =>
    api.post('/v1/webhooks', { url: receiver.url, eventTypes: ['*'], ...fields }),
  );
  if (created.status !== 201) throw new Error(`Webhook not created: ${JSON.stringify(created.body)}`);
  const { id, secret } = created.body;
  await validateWebhook(api, receiver, id);
  return { id, secret };
}

/** Retries like any client: a busy API refuses what would wait too long. */
async function untilAvailable(call: () => Promise<ApiResponse>): Promise<ApiResponse> {
  for (let retries = 0; ; retries += 1) {
    const response = await call();
    if (response.status !== 503 || retries === MAX_RETRIES) return response;
    await sleep(RETRY_DELAY_MS);
  }
}

/** Validates a webhook, or its pending URL, with the code that `receiver` gets. See `createActiveWebhook`. */
export async function validateWebhook(api: ApiClient, receiver: Receiver, id: string): Promise<void> {
  const sent = await untilAvailable(() => api.post(`/v1/webhooks/${id}/validation`));
  if (sent.status !== 200) throw new Error(`Validation code not sent: ${JSON.stringify(sent.body)}`);
  const code = takeValidationCode(receiver, id);
  // The receiver has already returned the code itself.
  if (sent.body.status === 'confirmed') return;
  const confirmed = await untilAvailable(() => api.post(`/v1/webhooks/${id}/validation/confirm`, { code }));
  if (confirmed.status !== 200) throw new Error(`Webhook not validated: ${JSON.stringify(confirmed.body)}`);
}

/** Removes the validation requests of a webhook: more than one if the call was retried. Returns the last code. */
function takeValidationCode(receiver: Receiver, id: string): string {
  // The body depends on the delivery format, but it contains the data.
  const requests = receiver.requests.filter(
    ({ body }) => body.includes(`"webhookId":"${id}"`) && CODE.test(body),
  );
  for (const request of requests) receiver.requests.splice(receiver.requests.indexOf(request), 1);
  const code = CODE.exec(requests.at(-1)?.body ?? '')?.[1];
  if (code === undefined) throw new Error(`Validation request for ${id} not received`);
  return code;
}
