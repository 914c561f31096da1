import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiResponse } from '@posthorn/testkit';
import type { Command, Url } from './command.js';
import { afterChange } from './fate.js';
import { compareAnswer, type LiveWebhook, named, type Scene, violated } from './scene.js';
import { type LifecycleCommand, newWebhook, step, type WebhookModel } from './webhook-model.js';

/** This process is the receiver, too: on a busy machine it may be late to answer. */
const MOST_TIMEOUT_MS = 30_000;

export async function createWebhook(
  scene: Scene,
  { slot, eventTypes, retrySchedule, rateLimit }: Extract<Command, { do: 'create' }>,
): Promise<void> {
  const place = scene.webhooks.length;
  const model = newWebhook(eventTypes, retrySchedule);
  const real = await scene.api.post('/v1/webhooks', {
    url: urlOf(scene, place, model.url),
    eventTypes,
    retrySchedule,
    rateLimit,
    timeoutMs: MOST_TIMEOUT_MS,
  });
  compareAnswer(scene, `create webhook ${place}`, { real, expected: { status: 201 } });
  const webhook: LiveWebhook = {
    place,
    slot,
    id: real.body.id,
    model,
    fates: new Map(),
    barred: true,
    barredAtMs: Date.now(),
    activeSince: null,
    lastCode: null,
    refusesCode: false,
    failsOnce: false,
  };
  scene.webhooks.push(webhook);
  compareWebhook(scene, webhook, real.body);
}

/** Carries out one command on the model and on the real webhook, and compares the answers. */
export async function changeWebhook(
  scene: Scene,
  webhook: LiveWebhook,
  command: LifecycleCommand,
): Promise<void> {
  const before = webhook.model;
  const { next, answer } = step(before, command, scene.now);
  // Before the call: what may happen after the change may happen while its answer is on the way.
  become(webhook, next);
  webhook.refusesCode = command.do === 'request_code' && command.refused;
  const calledAtMs = Date.now();
  const real = await call(scene, webhook, command);
  if (answer.status === 404 || answer.status === 409) scene.world.tally.refusals += 1;
  compareAnswer(scene, `${command.do} ${named(webhook)}`, { real, expected: answer });
  if (next.status !== 'active') {
    await arrived();
    if (!webhook.barred) webhook.barredAtMs = Date.now();
    webhook.barred = true;
  }
  if (next.activeSince !== before.activeSince) noteActivation(scene, webhook, { real, calledAtMs });
  if (real.status === 200 && command.do !== 'request_code') compareWebhook(scene, webhook, real.body);
}

function become(webhook: LiveWebhook, next: WebhookModel): void {
  webhook.model = next;
  if (next.status === 'active') webhook.barred = false;
  for (const fate of webhook.fates.values()) afterChange(fate, next);
}

/** Lets the receivers take all requests that have reached this process: on new connections, it takes some turns. */
async function arrived(): Promise<void> {
  for (let turns = 0; turns < 5; turns += 1) await nextTurn();
}

function call(scene: Scene, webhook: LiveWebhook, command: LifecycleCommand): Promise<ApiResponse> {
  const { api } = scene;
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
      return api.patch(path, { url: urlOf(scene, webhook.place, command.url) });
    case 'suspend':
    case 'reactivate':
      return api.post(`${path}/${command.do}`);
    case 'delete':
      return api.delete(path);
  }
}

const urlOf = (scene: Scene, place: number, url: Url): string =>
  scene.world.endpoints.url(scene.name, place, url);

function noteActivation(
  scene: Scene,
  webhook: LiveWebhook,
  { real, calledAtMs }: { real: ApiResponse; calledAtMs: number },
): void {
  webhook.activeSince = real.body?.activeSince ?? null;
  const activeSinceMs = Date.parse(webhook.activeSince ?? '');
  if (activeSinceMs >= calledAtMs && activeSinceMs <= Date.now()) return;
  violated(scene, `${named(webhook)} is active since ${webhook.activeSince}, not since the call`);
}

/** Compares a webhook as the API shows it with the model. */
export function compareWebhook(scene: Scene, webhook: LiveWebhook, real: ApiResponse['body']): void {
  const { model, place } = webhook;
  const wanted = {
    status: model.status,
    url: urlOf(scene, place, model.url),
    pendingUrl: model.pendingUrl === null ? null : urlOf(scene, place, model.pendingUrl),
    eventTypes: model.eventTypes.toSorted(),
    activeSince: webhook.activeSince,
  };
  const { status, url, pendingUrl, eventTypes, activeSince } = real ?? {};
  const shown = { status, url, pendingUrl, eventTypes, activeSince };
  if (JSON.stringify(shown) === JSON.stringify(wanted)) return;
  violated(
    scene,
    `${named(webhook)} is shown as ${JSON.stringify(shown)}, expected ${JSON.stringify(wanted)}`,
  );
}
