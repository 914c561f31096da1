import { named, type Scene, type SeenLate, violated } from './scene.js';
import { listAll, type ListedDelivery } from './settle.js';

/**
 * Holds the requests that came while their webhook was suspended or deleted, or after their delivery was dropped, against the
 * record: they began before.
 */
export async function judgeLate(scene: Scene): Promise<void> {
  for (const seen of scene.seenLate.splice(0)) {
    const { webhook, endedAtMs, seenAtMs } = seen;
    const begun = await beginnings(scene, seen);
    const late = begun.find((atMs) => atMs >= endedAtMs && atMs <= seenAtMs);
    const inTime = begun.some((atMs) => atMs < endedAtMs);
    // A killed worker has put nothing on record.
    const isUnknown = !inTime && scene.world.harm.count('worker') > 0;
    if (late !== undefined)
      violated(scene, `a request to ${named(webhook)} began ${late - endedAtMs} ms too late`);
    else if (inTime) scene.world.tally.begunBefore += 1;
    else if (!isUnknown)
      violated(scene, `a request to ${named(webhook)} that came too late is not on record`);
  }
}

/** When the attempts of a delivery began, by the clock of the worker, which is that of this process. */
async function beginnings(scene: Scene, { webhook, eventId }: SeenLate): Promise<number[]> {
  const deliveries = await listAll<ListedDelivery>(scene, `/v1/events/${eventId}/deliveries`);
  const delivery = deliveries.find(({ webhookId }) => webhookId === webhook.id);
  if (!delivery) return [];
  const attempts = await listAll<{ startedAt: string }>(scene, `/v1/deliveries/${delivery.id}/attempts`);
  return attempts.map(({ startedAt }) => Date.parse(startedAt));
}
