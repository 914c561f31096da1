import { type ApiClient, type Receiver, startReceiver } from '@posthorn/testkit';
import type { Checks } from './checks.js';

/** A webhook of the demo and its receiver. */
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

/** Requests a validation code, tries a wrong code, then confirms the code that arrived. */
export async function validate(api: ApiClient, webhook: DemoWebhook, checks: Checks): Promise<void> {
  const path = `/v1/webhooks/${webhook.id}/validation`;
  const sent = await api.post(path);
  checks.check(`${webhook.name}: validation code sent`, sent.body.status === 'code_sent', sent.body);
  const wrong = await api.post(`${path}/confirm`, { code: 'WRONGONE' });
  checks.check(`${webhook.name}: wrong code rejected`, wrong.status === 422, wrong.body);
  const { code } = webhook.receiver.requests[0]?.json().data ?? {};
  const confirmed = await api.post(`${path}/confirm`, { code });
  checks.check(`${webhook.name}: code confirmed`, confirmed.body.status === 'active', confirmed.body);
}

/** Returns the ids of the events that got a 2xx, without validation requests. */
export function acceptedEvents(webhook: DemoWebhook, failures: ReadonlySet<object> = new Set()): Set<string> {
  const delivered = webhook.receiver.requests.filter(
    (request) => !failures.has(request) && request.json().type !== 'webhook.validation',
  );
  return new Set(delivered.map((request) => request.json().id as string));
}
