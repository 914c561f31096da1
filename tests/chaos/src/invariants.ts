import type { Arrival } from './event-receiver.js';
import { eventType, type PublishedEvent } from './publisher.js';
import type { ActivePeriod } from './tracked-webhook.js';

/** The part of a webhook's history that the invariants need. */
export interface WebhookHistory {
  name: string;
  eventTypes: string[];
  activePeriods: ActivePeriod[];
  arrivals: ReadonlyMap<number, readonly Arrival[]>;
}

/** `optional`: the event was published during a call that changed the webhook's state. */
export type Expectation = 'required' | 'forbidden' | 'optional';

/** Returns whether the webhook must get the event. */
export function expectation(
  { eventTypes, activePeriods }: WebhookHistory,
  event: PublishedEvent,
): Expectation {
  if (!eventTypes.includes('*') && !eventTypes.includes(eventType(event.ingress))) return 'forbidden';
  if (activePeriodOf(activePeriods, event) && event.isDurable && isReadWhileActive(event, activePeriods))
    return 'required';
  return gaps(activePeriods).some(({ from, until }) => from <= event.from && event.until <= until)
    ? 'forbidden'
    : 'optional';
}

/** Returns the period in which the event was certainly published. */
export function activePeriodOf(
  activePeriods: readonly ActivePeriod[],
  { from, until }: PublishedEvent,
): ActivePeriod | undefined {
  return activePeriods.find(({ latestStart, earliestEnd }) => latestStart <= from && until <= earliestEnd);
}

/**
 * Returns whether an event was certainly matched while the webhook was active. A pushed event is matched when it is read,
 * which may be after the period in which it was pushed.
 */
function isReadWhileActive({ ingress }: PublishedEvent, activePeriods: readonly ActivePeriod[]): boolean {
  return ingress !== 'redis' || activePeriods.every(({ earliestEnd }) => earliestEnd === Infinity);
}

/** Returns the times in which the webhook was certainly not active. */
function gaps(activePeriods: readonly ActivePeriod[]): { from: number; until: number }[] {
  const starts = [-Infinity, ...activePeriods.map(({ latestEnd }) => latestEnd)];
  const ends = [...activePeriods.map(({ earliestStart }) => earliestStart), Infinity];
  return starts
    .map((from, index) => ({ from, until: ends[index] ?? Infinity }))
    .filter(({ from }) => from !== Infinity);
}

/** Returns the required events that the webhook never accepted, including those dropped at a suspension. */
export function missingEvents(
  webhook: WebhookHistory,
  published: Iterable<PublishedEvent>,
): PublishedEvent[] {
  return [...published].filter(
    (event) =>
      expectation(webhook, event) === 'required' &&
      !webhook.arrivals.get(event.n)?.some(({ acceptedAt }) => acceptedAt !== null),
  );
}

/** Returns the requests that started while the webhook was suspended, deleted or not yet validated. */
export function sentWhileInactive({ activePeriods, arrivals }: WebhookHistory): Arrival[] {
  const inactive = gaps(activePeriods);
  return [...arrivals.values()]
    .flat()
    .filter(({ startedAt }) => inactive.some(({ from, until }) => from < startedAt && startedAt < until));
}

/** Returns the events that arrived although the webhook was not active at their publication, or has not their type. */
export function forbiddenEvents(
  webhook: WebhookHistory,
  published: ReadonlyMap<number, PublishedEvent>,
): number[] {
  return [...webhook.arrivals.keys()].filter((n) => {
    const event = published.get(n);
    return event === undefined || expectation(webhook, event) === 'forbidden';
  });
}

/** An event that a webhook accepted more than once. */
export interface Duplicate {
  firstAcceptedAt: number;
  /** How many times it was accepted after the first. */
  count: number;
}

export function findDuplicates({ arrivals }: WebhookHistory): Duplicate[] {
  return [...arrivals.values()].flatMap((requests) => {
    const times = requests.flatMap(({ acceptedAt }) => acceptedAt ?? []);
    return times.length > 1 ? [{ firstAcceptedAt: Math.min(...times), count: times.length - 1 }] : [];
  });
}

/** Returns the numbers that arrived as several events, although each was published once, or with one key. */
export function eventsCreatedTwice(
  webhooks: readonly WebhookHistory[],
  published: ReadonlyMap<number, PublishedEvent>,
): number[] {
  const idsByNumber = new Map<number, Set<string>>();
  for (const { arrivals } of webhooks) {
    for (const [n, requests] of arrivals) {
      const ids = idsByNumber.get(n) ?? new Set();
      for (const { eventId } of requests) ids.add(eventId);
      idsByNumber.set(n, ids);
    }
  }
  return [...idsByNumber].filter(([n, ids]) => ids.size > 1 && published.get(n)?.isDurable).map(([n]) => n);
}
