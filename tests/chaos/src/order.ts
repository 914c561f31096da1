import type { Arrival } from './event-receiver.js';
import type { WebhookHistory } from './invariants.js';
import type { PublishedEvent } from './publisher.js';
import type { Ordering } from './tracked-webhook.js';

export interface OrderedHistory extends WebhookHistory {
  ordering: Ordering;
}

/** Two events by number. `late` was answered before `early` was published, and arrived after it. */
export interface Inversion {
  early: number;
  late: number;
}

/** Returns the events that first arrived after a later one with the same key. Events that were published at the same time have no order. */
export function inversions(
  { ordering, arrivals }: OrderedHistory,
  published: ReadonlyMap<number, PublishedEvent>,
): Inversion[] {
  const byArrival = [...arrivals]
    .flatMap(([n, requests]) => {
      const event = published.get(n);
      return event ? [{ event, at: firstArrival(requests) }] : [];
    })
    .toSorted((a, b) => a.at - b.at);
  // The event of each key that was published last, of those that have arrived.
  const latest = new Map<string | null, PublishedEvent>();
  const found: Inversion[] = [];
  for (const { event } of byArrival) {
    const key = ordering === 'strict' ? '' : event.orderingKey;
    const before = latest.get(key);
    if (before && event.until < before.from) found.push({ early: before.n, late: event.n });
    if (!before || before.from < event.from) latest.set(key, event);
  }
  return found;
}

/** The events of two webhooks at a place of their lists, from 1. Undefined behind the end. */
export interface Difference {
  place: number;
  pushed: NumberedEvent | undefined;
  pulled: NumberedEvent | undefined;
}

type NumberedEvent = Pick<Arrival, 'eventId' | 'sequence'>;

type EventArrivals = Pick<WebhookHistory, 'arrivals'>;

/** Compares the first arrivals at two webhooks: at each place both must have the same event, whose number is the place. */
export function differences(pushed: EventArrivals, pulled: EventArrivals): Difference[] {
  const [events, others] = [byFirstArrival(pushed), byFirstArrival(pulled)];
  return Array.from({ length: Math.max(events.length, others.length) }, (_, index) => ({
    place: index + 1,
    pushed: events[index],
    pulled: others[index],
  })).filter(
    ({ place, ...at }) =>
      at.pushed?.eventId !== at.pulled?.eventId ||
      at.pushed?.sequence !== place ||
      at.pulled?.sequence !== place,
  );
}

/** Events that arrived at the same time keep their order. */
const byFirstArrival = ({ arrivals }: EventArrivals): NumberedEvent[] =>
  [...arrivals.values()]
    .toSorted((a, b) => firstArrival(a) - firstArrival(b))
    .flatMap(([first]) => (first ? [{ eventId: first.eventId, sequence: first.sequence }] : []));

const firstArrival = (requests: readonly Arrival[]): number =>
  Math.min(...requests.map(({ startedAt }) => startedAt));

/** Returns what is wrong with the numbers of the deliveries: all from 1 to the highest must occur, each with one event. */
export function sequenceFaults({ arrivals }: OrderedHistory): string[] {
  const eventsByNumber = new Map<number, Set<string>>();
  const faults: string[] = [];
  for (const [n, requests] of arrivals) {
    const numbers = new Set(requests.map(({ sequence }) => sequence));
    const [number] = numbers;
    if (numbers.size !== 1 || typeof number !== 'number') {
      faults.push(`event ${n} has the numbers ${[...numbers].join(', ')}`);
      continue;
    }
    const events = eventsByNumber.get(number) ?? new Set();
    for (const { eventId } of requests) events.add(eventId);
    eventsByNumber.set(number, events);
  }
  const highest = Math.max(0, ...eventsByNumber.keys());
  for (let number = 1; number <= highest; number += 1) {
    const events = eventsByNumber.get(number)?.size ?? 0;
    if (events !== 1) faults.push(`number ${number} has ${events} events`);
  }
  return faults;
}
