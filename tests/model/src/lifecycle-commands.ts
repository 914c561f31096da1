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
import { type LifecycleCommand, newWebhook, applyCommand, type WebhookModel } from './webhook-model.js';

/** The receiver runs in this process: on a busy machine its responses may be slow. */
const MAX_TIMEOUT_MS = 30_000;

export async function createWebhook(
  sequence: Sequence,
  { target, eventTypes, retrySchedule, rateLimit, ordering }: Extract<Command, { do: 'create' }>,
): Promise<void> {
  const index = sequence.webhooks.length;
  const model = newWebhook({ eventTypes, retrySchedule, ordering });
  const real = await sequence.api.post('/v1/webhooks', {
    url: urlOf(sequence, index, model.url),
    eventTypes,
    retrySchedule,
    rateLimit,
    ordering,
    timeoutMs: MAX_TIMEOUT_MS,
  });
  compareResponse(sequence, `create webhook ${index}`, { real, expected: { status: 201 } });
  const webhook: LiveWebhook = {
    index,
    target,
    id: real.body.id,
    model,
    expectedDeliveries: new Map(),
    chains: new Map(),
    isBlocked: true,
    blockedAtMs: Date.now(),
    activeSince: null,
    lastCode: null,
    rejectsCode: false,
    failsNext: false,
  };
  sequence.webhooks.push(webhook);
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
  if (next.status !== 'active') {
    await sequence.system.receiver.drain();
    if (!webhook.isBlocked) webhook.blockedAtMs = returnedAtMs;
    webhook.isBlocked = true;
  }
  if (next.activeSince !== before.activeSince) recordActivation(sequence, webhook, { real, calledAtMs });
  if (real.status === 200 && command.do !== 'request_code') compareWebhook(sequence, webhook, real.body);
}

function setModel(webhook: LiveWebhook, next: WebhookModel): void {
  webhook.model = next;
  if (next.status === 'active') webhook.isBlocked = false;
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
    case 'suspend':
    case 'reactivate':
      return api.post(`${path}/${command.do}`);
    case 'delete':
      return api.delete(path);
  }
}

const urlOf = (sequence: Sequence, index: number, url: Url): string =>
  sequence.system.receiver.url(sequence.name, index, url);

function recordActivation(
  sequence: Sequence,
  webhook: LiveWebhook,
  { real, calledAtMs }: { real: ApiResponse; calledAtMs: number },
): void {
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
  const modelled = {
    status: model.status,
    url: urlOf(sequence, index, model.url),
    pendingUrl: model.pendingUrl === null ? null : urlOf(sequence, index, model.pendingUrl),
    eventTypes: model.eventTypes.toSorted(),
    activeSince: webhook.activeSince,
  };
  const { status, url, pendingUrl, eventTypes, activeSince } = real ?? {};
  const shown = { status, url, pendingUrl, eventTypes, activeSince };
  if (JSON.stringify(shown) === JSON.stringify(modelled)) return;
  recordViolation(
    sequence,
    `${describeWebhook(webhook)} is ${JSON.stringify(shown)} in the API, expected ${JSON.stringify(modelled)}`,
  );
}
