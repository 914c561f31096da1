import type { Published } from './load.js';
import type { PatientClient } from './patient-client.js';
import type { Spell, Subscriber } from './subscriber.js';
import { missing, spellOf } from './verdict.js';

/** A delivery as the API has it, or that there is none. */
export type OnRecord = { status: string; reason: string | null; settledAt: string | null } | 'no delivery';

/** The monotonic clock and the wall clock drift apart a little in a long run. */
const CLOCK_SLACK_MS = 100;

/** What is missing was dropped at the end of its spell, and is on record as such, or is lost. */
export async function findLost(
  call: PatientClient,
  webhooks: readonly Subscriber[],
  published: ReadonlyMap<number, Published>,
) {
  const lost: { webhook: string; event: Published; onRecord: OnRecord }[] = [];
  let dropped = 0;
  const ids = eventIds(webhooks);
  for (const { receiver, webhookId, ...webhook } of webhooks) {
    for (const event of missing({ ...webhook, arrivals: receiver.arrivals }, published.values())) {
      const onRecord = await recordOf(call, ids.get(event.n), webhookId);
      if (wasDroppedAtEnd(onRecord, spellOf(webhook.spells, event))) dropped += 1;
      else lost.push({ webhook: webhook.name, event, onRecord });
    }
  }
  return { lost, dropped };
}

function eventIds(webhooks: readonly Subscriber[]): Map<number, string> {
  const arrivals = webhooks.flatMap(({ receiver }) => [...receiver.arrivals]);
  return new Map(arrivals.flatMap(([n, [first]]) => (first ? [[n, first.eventId] as const] : [])));
}

async function recordOf(
  call: PatientClient,
  eventId: string | undefined,
  webhookId: string,
): Promise<OnRecord> {
  if (eventId === undefined) return 'no delivery';
  const { body } = await call('GET', `/v1/events/${eventId}/deliveries?limit=200`);
  return (
    body.data?.find((delivery: { webhookId: string }) => delivery.webhookId === webhookId) ?? 'no delivery'
  );
}

/** It was pending as the webhook was suspended or deleted. PostgreSQL's clock is that of this machine. */
export function wasDroppedAtEnd(onRecord: OnRecord, spell: Spell | undefined): boolean {
  if (onRecord === 'no delivery' || !spell || onRecord.settledAt === null) return false;
  const settledAt = Date.parse(onRecord.settledAt) - performance.timeOrigin;
  return onRecord.status === 'dropped' && settledAt >= spell.mayEndAt - CLOCK_SLACK_MS;
}
