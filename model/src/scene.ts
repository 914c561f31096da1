import { randomBytes } from 'node:crypto';
import type { ApiClient, ApiResponse } from '@posthorn/testkit';
import type { Slot, Url } from './command.js';
import type { Request } from './endpoints.js';
import type { Fate } from './fate.js';
import { patientClient } from './patient-client.js';
import { unvalidatedUrl, type WebhookModel } from './webhook-model.js';
import type { World } from './world.js';

/** A real webhook beside its model. */
export interface LiveWebhook {
  /** Its place among the webhooks of the sequence. */
  place: number;
  slot: Slot;
  id: string;
  model: WebhookModel;
  /** What becomes of each event that was published since it was created, by the number of the event. */
  fates: Map<number, Fate>;
  /** No request may start: not validated yet, or its suspend or delete was answered. */
  barred: boolean;
  /** Since when it is barred, by performance.now(). */
  barredAtMs: number;
  /** As the API says it; it may change only when the model's does. */
  activeSince: string | null;
  lastCode: string | null;
  refusesCode: boolean;
  failsOnce: boolean;
}

/** One sequence: a tenant with its webhooks, and all that is known of them. */
export interface Scene {
  world: World;
  name: string;
  api: ApiClient;
  tenantId: string;
  startedAt: Date;
  /** The number of the command that is under way. */
  now: number;
  webhooks: LiveWebhook[];
  /** Events are numbered; how many there are. */
  events: number;
  /** The numbers of events by their ids, as far as they are known. */
  numbers: Map<string, number>;
  /** Jobs that the producer may not have read yet. */
  pushes: Set<string>;
  replays: Set<string>;
  over: boolean;
  violations: string[];
  trace: string[];
}

export async function newScene(world: World): Promise<Scene> {
  const name = randomBytes(6).toString('hex');
  const { status, body } = await world.admin.post('/v1/tenants', { name: `sequence ${name}` });
  if (status !== 201) throw new Error(`a tenant was answered with ${status}`);
  const scene: Scene = {
    world,
    name,
    api: patientClient(world.stack.apiUrl, body.key),
    tenantId: body.id,
    startedAt: new Date(),
    now: 0,
    webhooks: [],
    events: 0,
    numbers: new Map(),
    pushes: new Set(),
    replays: new Set(),
    over: false,
    violations: [],
    trace: [],
  };
  world.endpoints.open(name, (request) => takeRequest(scene, request));
  return scene;
}

/** The webhook of a slot, if one was created there: the latest. */
export const webhookIn = (scene: Scene, slot: Slot): LiveWebhook | undefined =>
  scene.webhooks.findLast((webhook) => webhook.slot === slot);

/** Notes what happened, with the time of the sequence. */
export function trace({ now, startedAt, trace: lines }: Scene, what: string): void {
  lines.push(`${now} at ${Date.now() - startedAt.getTime()} ms: ${what}`);
}

/** Notes a difference between the system and the model. */
export function violated(scene: Scene, what: string): void {
  const line = `step ${scene.now}: ${what}`;
  trace(scene, `DEVIATION ${what}`);
  if (scene.over) scene.world.strays.push(`${scene.name}: ${line}`);
  else scene.violations.push(line);
}

/** Compares an answer with the expected status and code. */
export function compareAnswer(
  scene: Scene,
  call: string,
  { real, expected }: { real: ApiResponse; expected: { status: number; code?: string | undefined } },
): void {
  trace(scene, `${call} → ${real.status} ${real.body?.code ?? ''}`.trim());
  if (real.status === expected.status && real.body?.code === expected.code) return;
  violated(
    scene,
    `${call} was answered ${real.status} ${JSON.stringify(real.body)}, expected ${JSON.stringify(expected)}`,
  );
}

function takeRequest(scene: Scene, { place, json }: Request): number {
  const [placeOfWebhook, urlText] = place.map(Number);
  const url = urlText as Url;
  const webhook = scene.webhooks[placeOfWebhook ?? -1];
  if (!webhook) {
    violated(scene, `a request came to no webhook: ${place.join('/')}`);
    return 404;
  }
  return json.type === 'webhook.validation'
    ? takeCode(scene, webhook, { url, json })
    : takeEvent(scene, webhook, { url, json });
}

interface Taken {
  url: Url;
  json: Request['json'];
}

function takeCode(scene: Scene, webhook: LiveWebhook, { url, json }: Taken): number {
  if (unvalidatedUrl(webhook.model) !== url)
    violated(scene, `a code came to URL ${url} of ${named(webhook)}`);
  webhook.lastCode = json.data.code;
  return webhook.refusesCode ? 500 : 200;
}

function takeEvent(scene: Scene, webhook: LiveWebhook, { url, json }: Taken): number {
  const { n } = json.data;
  scene.numbers.set(json.id, n);
  scene.world.tally.requests += 1;
  const answered = webhook.failsOnce ? 500 : 200;
  webhook.failsOnce = false;
  trace(scene, `event ${n} came to URL ${url} of ${named(webhook)}, answered ${answered}`);
  const run = webhook.fates.get(n)?.run;
  if (webhook.barred) judgeBarred(scene, webhook, n);
  else if (scene.over) violated(scene, `event ${n} came to ${named(webhook)} after all was settled`);
  else if (!run) violated(scene, `event ${n} came to ${named(webhook)}, which was to get nothing of it`);
  else if (run.bound === 'never') violated(scene, `event ${n} must not come to ${named(webhook)}`);
  else if (!run.urls.includes(url))
    violated(scene, `event ${n} came to URL ${url} of ${named(webhook)}, not to ${run.urls.join(' or ')}`);
  run?.arrivals.push({ url, answered });
  return answered;
}

/** What comes so soon after the answer that this process may only have been late to see it proves nothing. */
function judgeBarred(scene: Scene, webhook: LiveWebhook, n: number): void {
  const { lateness, tally } = scene.world;
  const ms = Math.round(performance.now() - webhook.barredAtMs);
  const lateMs = lateness.recentMs();
  if (ms <= lateMs) tally.tooCloseToTell += 1;
  else
    violated(scene, `event ${n} came to ${named(webhook)}, barred since ${ms} ms (${lateMs} ms late here)`);
}

export const named = ({ place, model }: LiveWebhook): string =>
  `webhook ${place} (${model.status}, epoch ${model.epoch})`;
