import { eventType, type Published } from './load.js';
import type { Arrival } from './receiver.js';
import type { Spell } from './subscriber.js';

/** A webhook as far as the comparison goes. */
export interface Compared {
  name: string;
  eventTypes: string[];
  spells: Spell[];
  arrivals: ReadonlyMap<number, readonly Arrival[]>;
}

/** Whether a webhook must have an event, must not, or may: it was published while a call changed that. */
export type Expectation = 'must' | 'must not' | 'may';

export function expectation({ eventTypes, spells }: Compared, event: Published): Expectation {
  if (!eventTypes.includes('*') && !eventTypes.includes(eventType(event.door))) return 'must not';
  if (spellOf(spells, event) && event.counts && isReadIn(event, spells)) return 'must';
  return gaps(spells).some(({ from, until }) => from <= event.from && event.until <= until)
    ? 'must not'
    : 'may';
}

/** The spell that an event was published in, for certain. */
export function spellOf(spells: readonly Spell[], { from, until }: Published): Spell | undefined {
  return spells.find(({ begunAt, mayEndAt }) => begunAt <= from && until <= mayEndAt);
}

/** A push is matched when it is read, which may be after the end of the spell that it was pushed in. */
function isReadIn({ door }: Published, spells: readonly Spell[]): boolean {
  return door === 'http' || spells.every(({ mayEndAt }) => mayEndAt === Infinity);
}

/** The times in which nothing may start, by what the callers were told. */
function gaps(spells: readonly Spell[]): { from: number; until: number }[] {
  const starts = [-Infinity, ...spells.map(({ endedAt }) => endedAt)];
  const ends = [...spells.map(({ mayBeginAt }) => mayBeginAt), Infinity];
  return starts
    .map((from, index) => ({ from, until: ends[index] ?? Infinity }))
    .filter(({ from }) => from !== Infinity);
}

/** Events that a webhook must have and never took. Some may have been dropped with its suspension, on record. */
export function missing(webhook: Compared, published: Iterable<Published>): Published[] {
  return [...published].filter(
    (event) =>
      expectation(webhook, event) === 'must' &&
      !webhook.arrivals.get(event.n)?.some(({ takenAt }) => takenAt !== null),
  );
}

/** Requests that started while the webhook was suspended, deleted or not yet validated. */
export function sentOutOfSpell({ spells, arrivals }: Compared): Arrival[] {
  const closed = gaps(spells);
  return [...arrivals.values()]
    .flat()
    .filter(({ startedAt }) => closed.some(({ from, until }) => from < startedAt && startedAt < until));
}

/** Events that were published out of its spells, or are not of its types, and came all the same. */
export function retroactive(webhook: Compared, published: ReadonlyMap<number, Published>): number[] {
  return [...webhook.arrivals.keys()].filter((n) => {
    const event = published.get(n);
    return event === undefined || expectation(webhook, event) === 'must not';
  });
}

/** An event that a webhook took more than once: when first, and how often again. */
export interface Duplicate {
  firstTakenAt: number;
  again: number;
}

export function duplicates({ arrivals }: Compared): Duplicate[] {
  return [...arrivals.values()].flatMap((requests) => {
    const times = requests.flatMap(({ takenAt }) => takenAt ?? []);
    return times.length > 1 ? [{ firstTakenAt: Math.min(...times), again: times.length - 1 }] : [];
  });
}

/** Numbers that came as more than one event, though each was published with one key, or pushed once. */
export function eventsMadeTwice(
  webhooks: readonly Compared[],
  published: ReadonlyMap<number, Published>,
): number[] {
  const ids = new Map<number, Set<string>>();
  for (const { arrivals } of webhooks) {
    for (const [n, requests] of arrivals) {
      const known = ids.get(n) ?? new Set();
      for (const { eventId } of requests) known.add(eventId);
      ids.set(n, known);
    }
  }
  return [...ids].filter(([n, known]) => known.size > 1 && published.get(n)?.counts).map(([n]) => n);
}
