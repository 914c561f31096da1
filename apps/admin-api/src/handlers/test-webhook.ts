import { encodeId, isSuccess, newId, PosthornError, startPermission } from '@posthorn/core';
import { openHeaders } from '@posthorn/database';
import { audit, findEventType, findWebhook, type WebhookRecord } from '@posthorn/database/definitions';
import { isJsonObject } from '@posthorn/contract';
import type { OutboundRequest } from '@posthorn/outbound';
import type { Handler } from '../http/handler.js';
import { outcomeAnswer, signedRequest } from '../signed-request.js';
import type { ApiDeps } from '../deps.js';
import { invalidState } from './lifecycle.js';
import { webhookNotFound } from './webhooks.js';

export const testWebhook: Handler<'testWebhook'> = async ({ caller, actor, params, body }, deps) => {
  const { definitions, sealer } = deps;
  const event = { id: newId(), type: body.eventType, data: await exampleData(body.eventType, deps) };
  const readAtMs = performance.now();
  const webhook = await findWebhook(definitions, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  if (webhook.status !== 'active') throw invalidState(webhook.status, 'nothing is sent to it');

  await audit(definitions, actor, {
    action: 'webhook.tested',
    tenantId: webhook.tenantId,
    target: webhook.id,
    before: null,
    after: { eventType: body.eventType, eventId: encodeId('event', event.id) },
  });
  const startedAt = new Date();
  const request = signedRequest({ webhook, url: webhook.url, event }, startedAt, sealer);
  const outcome = await sendWhileActive({ webhook, request, readAtMs }, deps);
  return {
    status: 200,
    body: {
      id: encodeId('attempt', newId()),
      webhookId: encodeId('webhook', webhook.id),
      eventId: encodeId('event', event.id),
      eventType: event.type,
      startedAt: startedAt.toISOString(),
      durationMs: outcome.durationMs,
      succeeded: isSuccess(outcome),
      ...outcomeAnswer(outcome),
      request: shownRequest(request, Object.keys(openHeaders(webhook, sealer))),
    },
  };
};

/** What the catalogue has as an example of the type. */
async function exampleData(type: string, { definitions }: ApiDeps): Promise<Record<string, unknown>> {
  const example = (await findEventType(definitions, type))?.example;
  return isJsonObject(example) ? example : {};
}

interface Sending {
  webhook: WebhookRecord;
  request: OutboundRequest;
  readAtMs: number;
}

async function sendWhileActive({ webhook, request, readAtMs }: Sending, deps: ApiDeps) {
  const permission = startPermission({
    readAtMs,
    monotonicMs: () => performance.now(),
    async stillWanted() {
      const current = await findWebhook(deps.definitions, { id: webhook.id, tenantId: null });
      return current?.status === 'active' && current.epoch === webhook.epoch;
    },
  });
  const outcome = await deps.sender.send({ ...request, ...permission });
  if (outcome.kind !== 'not_started') return outcome;
  throw new PosthornError('conflict', { detail: 'the webhook was changed before it was sent to' });
}

/** Custom headers often hold credentials. */
function shownRequest({ url, headers, body }: OutboundRequest, customNames: string[]) {
  const hidden = Object.fromEntries(customNames.map((name) => [name, '[redacted]']));
  return { url, headers: { ...headers, ...hidden }, body };
}
