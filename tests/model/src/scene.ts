import { randomBytes } from 'node:crypto';
import type { ApiClient, ApiResponse } from '@posthorn/testkit';
import type { Slot, Url } from './command.js';
import type { Request } from './endpoints.js';
import type { Fate, Run } from './fate.js';
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
  /** Since when it is barred. */
  barredAtMs: number;
  /** As the API says it; it may change only when the model's does. */
  activeSince: string | null;
  lastCode: string | null;
  refusesCode: boolean;
  failsOnce: boolean;
}

/** A request to a webhook that is barred, or of a delivery that was dropped. */
export interface SeenLate {
  webhook: LiveWebhook;
  eventId: string;
  /** Since when none may begin. */
  endedAtMs: number;
  seenAtMs: number;
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
  /** Requests that must have begun before they were seen here. */
  seenLate: SeenLate[];
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
    seenLate: [],
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
  const fate = webhook.fates.get(n);
  const endedAtMs = endOf(webhook, fate);
  if (endedAtMs === null) judgeRequest(scene, webhook, { n, url, run: fate?.run });
  else noteLate(scene, { webhook, eventId: json.id, endedAtMs, seenAtMs: Date.now() });
  fate?.run?.arrivals.push({ url, answered });
  if (fate && !fate.run && answered < 300) fate.takenLate = true;
  return answered;
}

/** Since when no request for it may begin; null while one may. */
function endOf({ barred, barredAtMs }: LiveWebhook, fate: Fate | undefined): number | null {
  if (barred) return barredAtMs;
  return fate?.status === 'dropped' && !fate.run ? fate.closedAtMs : null;
}

function judgeRequest(
  scene: Scene,
  webhook: LiveWebhook,
  { n, url, run }: { n: number; url: Url; run: Run | null | undefined },
): void {
  const what = `event ${n} came to URL ${url} of ${named(webhook)}`;
  if (scene.over) violated(scene, `${what} after all was settled`);
  else if (!run) violated(scene, `${what}, which was to get nothing of it`);
  else if (run.bound === 'never') violated(scene, `${what}, and must not come to it`);
  else if (!run.urls.includes(url)) violated(scene, `${what}, not to ${run.urls.join(' or ')}`);
}

/** This process may only be late to see it: what counts is when it began. */
function noteLate(scene: Scene, seen: SeenLate): void {
  scene.seenLate.push(seen);
  if (scene.over) scene.world.seenLate.add(scene);
}

export const named = ({ place, model }: LiveWebhook): string =>
  `webhook ${place} (${model.status}, epoch ${model.epoch})`;
