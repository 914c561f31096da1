import type { Published } from './load.js';
import type { PatientClient } from './patient-client.js';
import type { Spell, Subscriber } from './subscriber.js';
import { missing, spellOf } from './verdict.js';

export interface Lost {
  webhook: string;
  event: Published;
}

/** The monotonic clock and the wall clock drift apart a little in a long run. */
const CLOCK_SLACK_MS = 100;

/** What is missing was dropped at the end of its spell, and is on record as such, or is lost. */
export async function findLost(
  call: PatientClient,
  webhooks: readonly Subscriber[],
  published: ReadonlyMap<number, Published>,
): Promise<{ lost: Lost[]; dropped: number }> {
  const lost: Lost[] = [];
  let dropped = 0;
  const ids = eventIds(webhooks);
  for (const webhook of webhooks) {
    const gone = missing({ ...webhook, arrivals: webhook.receiver.arrivals }, published.values());
    const dropTimes = gone.length === 0 ? new Map<string, string>() : await listDropped(call, webhook);
    for (const event of gone) {
      const droppedAt = dropTimes.get(ids.get(event.n) ?? '');
      if (isAtEnd(droppedAt, spellOf(webhook.spells, event))) dropped += 1;
      else lost.push({ webhook: webhook.name, event });
    }
  }
  return { lost, dropped };
}

function eventIds(webhooks: readonly Subscriber[]): Map<number, string> {
  const arrivals = webhooks.flatMap(({ receiver }) => [...receiver.arrivals]);
  return new Map(arrivals.flatMap(([n, [first]]) => (first ? [[n, first.eventId] as const] : [])));
}

/** When the deliveries of a webhook were dropped, by the ids of their events. */
async function listDropped(call: PatientClient, { webhookId }: Subscriber): Promise<Map<string, string>> {
  const times = new Map<string, string>();
  let cursor = '';
  do {
    const { body } = await call(
      'GET',
      `/v1/deliveries?webhookId=${webhookId}&status=dropped&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const { eventId, settledAt } of body.data) times.set(eventId, settledAt);
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  return times;
}

/** Whether it was pending as its webhook was suspended or deleted. PostgreSQL's clock is that of this machine. */
export function isAtEnd(droppedAt: string | undefined, spell: Spell | undefined): boolean {
  if (droppedAt === undefined || !spell) return false;
  return Date.parse(droppedAt) - performance.timeOrigin >= spell.mayEndAt - CLOCK_SLACK_MS;
}
