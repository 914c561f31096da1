import type { ApiClient } from '@posthorn/testkit';
import { activePeriodOf, missingEvents } from './invariants.js';
import type { PublishedEvent } from './publisher.js';
import type { ActivePeriod, TrackedWebhook } from './tracked-webhook.js';

export interface LostEvent {
  webhook: string;
  event: PublishedEvent;
}

/** The monotonic clock and the wall clock drift apart slightly in a long run. */
const CLOCK_SLACK_MS = 100;

/**
 * Returns the accepted events that never arrived, apart from those whose delivery was dropped when its webhook was suspended or
 * deleted, which are counted in `dropped`.
 */
export async function findLostEvents(
  api: ApiClient,
  webhooks: readonly TrackedWebhook[],
  published: ReadonlyMap<number, PublishedEvent>,
): Promise<{ lost: LostEvent[]; dropped: number }> {
  const lost: LostEvent[] = [];
  let dropped = 0;
  const ids = eventIds(webhooks);
  for (const webhook of webhooks) {
    const missing = missingEvents({ ...webhook, arrivals: webhook.receiver.arrivals }, published.values());
    const dropTimes = missing.length === 0 ? new Map<string, string>() : await listDropped(api, webhook);
    for (const event of missing) {
      const droppedAt = dropTimes.get(ids.get(event.n) ?? '');
      if (isDroppedAtEnd(droppedAt, activePeriodOf(webhook.activePeriods, event))) dropped += 1;
      else lost.push({ webhook: webhook.name, event });
    }
  }
  return { lost, dropped };
}

function eventIds(webhooks: readonly TrackedWebhook[]): Map<number, string> {
  const arrivals = webhooks.flatMap(({ receiver }) => [...receiver.arrivals]);
  return new Map(arrivals.flatMap(([n, [first]]) => (first ? [[n, first.eventId] as const] : [])));
}

/** Returns when the deliveries of a webhook were dropped, by event id. */
async function listDropped(api: ApiClient, { webhookId }: TrackedWebhook): Promise<Map<string, string>> {
  const times = new Map<string, string>();
  let cursor = '';
  do {
    const { body } = await api.get(
      `/v1/deliveries?webhookId=${webhookId}&status=dropped&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const { eventId, settledAt } of body.data) times.set(eventId, settledAt);
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  return times;
}

/**
 * Returns whether a delivery was still pending when its webhook was suspended or deleted. PostgreSQL runs on this machine, so
 * its clock is the same.
 */
export function isDroppedAtEnd(droppedAt: string | undefined, period: ActivePeriod | undefined): boolean {
  if (droppedAt === undefined || !period) return false;
  return Date.parse(droppedAt) - performance.timeOrigin >= period.earliestEnd - CLOCK_SLACK_MS;
}
