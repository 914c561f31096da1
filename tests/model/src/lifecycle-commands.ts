import type { ApiResponse } from '@posthorn/testkit';
import type { Command, Url } from './command.js';
import { applyChange } from './expected-delivery.js';
import {
  compareResponse,
  type LiveWebhook,
  describeWebhook,
  type Sequence,
  recordViolation,
} from './sequence.js';
import {
  getsRequests,
  type LifecycleCommand,
  newWebhook,
  applyCommand,
  type WebhookModel,
} from './webhook-model.js';

/** The receiver runs in this process: on a busy machine its responses may be slow. */
const MAX_TIMEOUT_MS = 30_000;

export async function createWebhook(
  sequence: Sequence,
  { target, rateLimit, ...fields }: Extract<Command, { do: 'create' }>,
): Promise<void> {
  const index = sequence.webhooks.length;
  const model = newWebhook(fields, sequence.step);
  const { eventTypes, sequence: isSequenced, delivery, retrySchedule, ordering } = fields;
  const requestSettings = { retrySchedule, ordering, rateLimit, timeoutMs: MAX_TIMEOUT_MS };
  const calledAtMs = Date.now();
  const real = await sequence.api.post('/v1/webhooks', {
    eventTypes,
    sequence: isSequenced,
    delivery,
    ...(delivery === 'push' && { url: urlOf(sequence, index, model.url), ...requestSettings }),
  });
  compareResponse(sequence, `create webhook ${index}`, { real, expected: { status: 201 } });
  const webhook: LiveWebhook = {
    index,
    target,
    id: real.body.id,
    model,
    requestSettings,
    expectedDeliveries: new Map(),
    chains: new Map(),
    feed: { events: [], cursor: null },
    isBlocked: true,
    blockedAtMs: Date.now(),
    activeSince: null,
    lastCode: null,
    rejectsCode: false,
    failsNext: false,
  };
  sequence.webhooks.push(webhook);
  if (model.activeSince !== null) recordActivation(sequence, webhook, { real, calledAtMs });
  compareWebhook(sequence, webhook, real.body);
}

/** Applies one command to the model and to the real webhook, and compares the responses. */
export async function changeWebhook(
  sequence: Sequence,
  webhook: LiveWebhook,
  command: LifecycleCommand,
): Promise<void> {
  const before = webhook.model;
  const { next, response } = applyCommand(before, command, sequence.step);
  // Before the call: the change may take effect before its response arrives.
  setModel(webhook, next);
  webhook.rejectsCode = command.do === 'request_code' && command.rejected;
  const calledAtMs = Date.now();
  const real = await call(sequence, webhook, command);
  const returnedAtMs = Date.now();
  if (response.status === 404 || response.status === 409) sequence.system.counters.rejections += 1;
  compareResponse(sequence, `${command.do} ${describeWebhook(webhook)}`, { real, expected: response });
  if (!getsRequests(next)) {
    await sequence.system.receiver.drain();
    if (!webhook.isBlocked) webhook.blockedAtMs = returnedAtMs;
    webhook.isBlocked = true;
  }
  if (next.activeSince !== before.activeSince) recordActivation(sequence, webhook, { real, calledAtMs });
  if (real.status === 200 && command.do !== 'request_code') compareWebhook(sequence, webhook, real.body);
}

export function setModel(webhook: LiveWebhook, next: WebhookModel): void {
  webhook.model = next;
  if (getsRequests(next)) webhook.isBlocked = false;
  for (const expected of webhook.expectedDeliveries.values()) applyChange(expected, next);
}

function call(sequence: Sequence, webhook: LiveWebhook, command: LifecycleCommand): Promise<ApiResponse> {
  const { api } = sequence;
  const path = `/v1/webhooks/${webhook.id}`;
  switch (command.do) {
    case 'request_code':
      return api.post(`${path}/validation`);
    case 'confirm': {
      const code = command.code === 'right' ? (webhook.lastCode ?? 'NOCODE22') : 'WRONGONE';
      return api.post(`${path}/validation/confirm`, { code });
    }
    case 'change_types':
      return api.patch(path, { eventTypes: command.eventTypes });
    case 'change_url':
      return api.patch(path, { url: urlOf(sequence, webhook.index, command.url) });
    case 'pull':
      return api.patch(path, { delivery: 'pull' });
    case 'push_to': {
      const url = urlOf(sequence, webhook.index, command.url);
      return api.patch(path, { delivery: 'push', url, ...webhook.requestSettings });
    }
    case 'suspend':
    case 'reactivate':
      return api.post(`${path}/${command.do}`);
    case 'delete':
      return api.delete(path);
  }
}

const urlOf = (sequence: Sequence, index: number, url: Url): string =>
  sequence.system.receiver.url(sequence.name, index, url);

export function recordActivation(
  sequence: Sequence,
  webhook: LiveWebhook,
  { real, calledAtMs }: { real: ApiResponse; calledAtMs: number },
): void {
  if (webhook.model.activeSince === null) {
    webhook.activeSince = null;
    return;
  }
  webhook.activeSince = real.body?.activeSince ?? null;
  const activeSinceMs = Date.parse(webhook.activeSince ?? '');
  // The column rounds to milliseconds, perhaps into the future.
  if (activeSinceMs >= calledAtMs && activeSinceMs <= Date.now() + 1) return;
  recordViolation(
    sequence,
    `${describeWebhook(webhook)} has activeSince ${webhook.activeSince}, which is not within the call`,
  );
}

/** Compares a webhook in the API with the model. */
export function compareWebhook(sequence: Sequence, webhook: LiveWebhook, real: ApiResponse['body']): void {
  const { model, index } = webhook;
  const isPulled = model.delivery === 'pull';
  const modelled = {
    status: model.status,
    delivery: model.delivery,
    ordering: isPulled ? 'none' : model.ordering,
    url: isPulled ? null : urlOf(sequence, index, model.url),
    pendingUrl: model.pendingUrl === null ? null : urlOf(sequence, index, model.pendingUrl),
    eventTypes: model.eventTypes.toSorted(),
    activeSince: webhook.activeSince,
  };
  const { status, delivery, ordering, url, pendingUrl, eventTypes, activeSince } = real ?? {};
  const shown = { status, delivery, ordering, url, pendingUrl, eventTypes, activeSince };
  if (JSON.stringify(shown) === JSON.stringify(modelled)) return;
  recordViolation(
    sequence,
    `${describeWebhook(webhook)} is ${JSON.stringify(shown)} in the API, expected ${JSON.stringify(modelled)}`,
  );
}
