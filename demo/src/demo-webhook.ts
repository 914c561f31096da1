import { type ApiClient, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Checks } from './checks.js';

/** A webhook of the demo with the server that it points at. */
export interface DemoWebhook {
  name: string;
  id: string;
  secret: string;
  receiver: Receiver;
}

export async function createWebhook(
  api: ApiClient,
  name: string,
  settings: { eventTypes: string[]; retrySchedule?: number[] },
): Promise<DemoWebhook> {
  const receiver = await startReceiver();
  const { body } = await api.post('/v1/webhooks', { url: receiver.url, description: name, ...settings });
  return { name, id: body.id, secret: body.secret, receiver };
}

/** Has a code sent to the receiver, tries a wrong one, and confirms the one that arrived. */
export async function validate(api: ApiClient, webhook: DemoWebhook, checks: Checks): Promise<void> {
  const path = `/v1/webhooks/${webhook.id}/validation`;
  const sent = await api.post(path);
  checks.check(`${webhook.name}: a code was sent to the URL`, sent.body.status === 'code_sent', sent.body);
  const wrong = await api.post(`${path}/confirm`, { code: 'WRONGONE' });
  checks.check(`${webhook.name}: a wrong code is refused`, wrong.status === 422, wrong.body);
  const { code } = webhook.receiver.requests[0]?.json().data ?? {};
  const confirmed = await api.post(`${path}/confirm`, { code });
  checks.check(`${webhook.name}: the code confirms it`, confirmed.body.status === 'active', confirmed.body);
}

/** The events that arrived and were answered with a 2xx; validation requests apart. */
export function taken(webhook: DemoWebhook, failures: ReadonlySet<object> = new Set()): Set<string> {
  const delivered = webhook.receiver.requests.filter(
    (request) => !failures.has(request) && request.json().type !== 'webhook.validation',
  );
  return new Set(delivered.map((request) => request.json().id as string));
}
