import { eventually } from '@posthorn/testkit';
import { close, type DeliveryStatus, type Fate } from './fate.js';
import { type LiveWebhook, named, type Scene, violated } from './scene.js';

/** As the API lists it. */
export interface ListedDelivery {
  id: string;
  eventId: string;
  webhookId: string;
  status: DeliveryStatus;
  reason: string | null;
}

/** More than a killed worker, then a killed producer take until all is made up for. */
const SETTLED_WITHIN_MS = 120_000;

/** Waits until nothing is under way any more, then compares all that the receivers got with the model. */
export async function settle(scene: Scene): Promise<void> {
  const deliveries = await eventually(
    async () => {
      const settled = await settledDeliveries(scene);
      for (const delivery of settled) await assertRecorded(scene, delivery);
      return settled;
    },
    { timeoutMs: SETTLED_WITHIN_MS, intervalMs: 150 },
  );
  for (const webhook of scene.webhooks) {
    const own = deliveries.filter(({ webhookId }) => webhookId === webhook.id);
    await compareWebhookDeliveries(scene, webhook, own);
  }
}

async function settledDeliveries(scene: Scene): Promise<ListedDelivery[]> {
  const { queue } = scene.world;
  for (const id of scene.pushes) {
    if (await queue.getJob(id)) throw new Error(`job ${id} was not taken in`);
    scene.pushes.delete(id);
  }
  for (const id of scene.replays) {
    const { body } = await scene.api.get(`/v1/replays/${id}`);
    if (body.status === 'running') throw new Error(`the replay ${id} is not over`);
    scene.replays.delete(id);
  }
  const deliveries: ListedDelivery[] = await listAll(scene, '/v1/deliveries');
  const pending = deliveries.filter(({ status }) => status === 'pending');
  if (pending.length > 0) throw new Error(`still pending: ${JSON.stringify(pending)}`);
  return deliveries;
}

/** What was dropped with its request under way, and was taken, succeeds a moment later, unless the worker was killed. */
async function assertRecorded(scene: Scene, { status, webhookId, eventId }: ListedDelivery): Promise<void> {
  if (status !== 'dropped') return;
  const n = await numberOf(scene, eventId);
  const run = scene.webhooks.find(({ id }) => id === webhookId)?.fates.get(n)?.run;
  if (!run || scene.world.harm.workersKilledSince(run.openedAtMs) > 0) return;
  const isTaken = run.arrivals.some(({ answered }) => answered < 300);
  if (isTaken) throw new Error(`event ${n} was taken, and is on record as dropped`);
}

export async function listAll<T>(scene: Scene, path: string): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = `limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await scene.api.get(`${path}${path.includes('?') ? '&' : '?'}${query}`);
    all.push(...body.data);
    cursor = body.nextCursor;
  }
  return all;
}

async function compareWebhookDeliveries(
  scene: Scene,
  webhook: LiveWebhook,
  deliveries: ListedDelivery[],
): Promise<void> {
  const byNumber = new Map<number, ListedDelivery>();
  for (const delivery of deliveries) byNumber.set(await numberOf(scene, delivery.eventId), delivery);
  if (byNumber.size !== deliveries.length)
    violated(scene, `${named(webhook)} has two deliveries of one event`);
  for (const fate of webhook.fates.values())
    closeRun(scene, webhook, { fate, delivery: byNumber.get(fate.event.n) });
  for (const n of byNumber.keys()) {
    if (!webhook.fates.has(n))
      violated(scene, `${named(webhook)} has a delivery of event ${n}, from before it was created`);
  }
}

/** Which event this is; of a push, only the event itself tells. */
export async function numberOf(scene: Scene, eventId: string): Promise<number> {
  const known = scene.numbers.get(eventId);
  if (known !== undefined) return known;
  const { body } = await scene.api.get(`/v1/events/${eventId}`);
  scene.numbers.set(eventId, body.data.n);
  return body.data.n;
}

/** Ends what was under way of one event, as its delivery is settled. */
export function closeRun(
  scene: Scene,
  webhook: LiveWebhook,
  { fate, delivery }: { fate: Fate; delivery: ListedDelivery | undefined },
): void {
  const { harm, tally } = scene.world;
  const { run } = fate;
  if (run) {
    tally.runs[run.bound] += 1;
    tally.duplicates += Math.max(run.arrivals.filter(({ answered }) => answered < 300).length - 1, 0);
  }
  const wrong = close({
    fate,
    status: delivery?.status ?? null,
    retrySchedule: webhook.model.retrySchedule,
    kills: run ? harm.workersKilledSince(run.openedAtMs) : 0,
  });
  if (wrong !== null) violated(scene, `event ${fate.event.n} at ${named(webhook)}: ${wrong}`);
  if (delivery?.status === 'dropped' && !['suspended', 'deleted'].includes(delivery.reason ?? '')) {
    violated(scene, `event ${fate.event.n} at ${named(webhook)} was dropped for ${delivery.reason}`);
  }
}
