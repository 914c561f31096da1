import * as fc from 'fast-check';

/** One of the webhooks of a sequence. A deleted one can be replaced. */
export type Target = 0 | 1;

/** One of the URLs that a webhook may have. */
export type Url = 0 | 1 | 2;

/** The ordering key of an event. */
export type Key = 'a' | 'b' | null;

export type Ordering = 'none' | 'strict' | 'byKey';

/** Whether a webhook gets requests, or is read with its feed. */
export type Delivery = 'push' | 'pull';

export interface RateLimit {
  limit: number;
  perSeconds: number;
}

/** One step of a sequence, as plain data. A command for a webhook that does not exist yet is skipped. */
export type Command =
  | {
      do: 'create';
      target: Target;
      eventTypes: readonly string[];
      retrySchedule: readonly number[];
      rateLimit: RateLimit | null;
      ordering: Ordering;
      sequence: boolean;
      delivery: Delivery;
    }
  | { do: 'request_code'; target: Target; rejected: boolean }
  | { do: 'confirm'; target: Target; code: 'right' | 'wrong' }
  | { do: 'change_types'; target: Target; eventTypes: readonly string[] }
  | { do: 'change_url'; target: Target; url: Url }
  | { do: 'pull'; target: Target }
  /** With the settings of requests that the webhook was created with. */
  | { do: 'push_to'; target: Target; url: Url }
  /** `publishing` events are published over HTTP during the call. */
  | { do: 'suspend'; target: Target; publishing: number }
  | { do: 'reactivate'; target: Target; publishing: number }
  | { do: 'delete'; target: Target }
  | { do: 'publish'; type: string; key: Key; count: number }
  | { do: 'push'; type: string; key: Key; count: number }
  /** The receiver responds to the next event with 500. */
  | { do: 'fail_once'; target: Target }
  /** Skips one pending delivery of a webhook with an order. */
  | { do: 'skip'; target: Target; pick: number }
  /** Reads the feed until its end: from the stored cursor, which follows, or from a number that was read before. */
  | { do: 'read_feed'; target: Target; from: 'cursor' | 'number'; pick: number; limit: number }
  /** Stores a number that was read before. */
  | { do: 'move_cursor'; target: Target; pick: number }
  /** Retries one settled delivery. */
  | { do: 'retry'; target: Target; pick: number }
  /** Replays all dropped and failed deliveries. */
  | { do: 'replay'; target: Target }
  /** The same by a recovery. */
  | { do: 'recover'; target: Target }
  /** Waits until all deliveries are settled, then compares them with the model. */
  | { do: 'settle' }
  /** Suspends or deletes the tenant, and resumes it. `publishing` events are published over HTTP during the first call. */
  | { do: 'interrupt_tenant'; how: 'suspend' | 'delete'; publishing: number }
  | { do: 'kill'; role: 'worker' | 'producer' }
  | { do: 'pause_producer' };

const target = fc.constantFrom<Target>(0, 1);
const url = fc.constantFrom<Url>(0, 1, 2);
const type = fc.constantFrom('order.paid', 'order.sent', 'user.made');
const eventTypes = fc.constantFrom<readonly string[]>(
  ['*'],
  ['order.*'],
  ['order.paid'],
  ['user.made'],
  ['order.sent', 'user.*'],
);
const retrySchedule = fc.constantFrom<readonly number[]>([1], [], [1, 1]);
/** With a rate limit, deliveries that were loaded wait for their slot, some almost until the barrier. */
const rateLimit = fc.constantFrom<RateLimit | null>(null, null, { limit: 3, perSeconds: 1 });
const ordering = fc.constantFrom<Ordering>('none', 'none', 'strict', 'byKey');
const delivery = fc.constantFrom<Delivery>('push', 'push', 'push', 'pull');
const key = fc.constantFrom<Key>('a', 'a', 'b', null);
const count = fc.integer({ min: 1, max: 4 });
const publishing = fc.integer({ min: 0, max: 3 });

const create = fc.record({
  do: fc.constant('create' as const),
  target,
  eventTypes,
  retrySchedule,
  rateLimit,
  ordering,
  sequence: fc.boolean(),
  delivery,
});

const readFeed = fc.record({
  do: fc.constant('read_feed' as const),
  target,
  from: fc.constantFrom('cursor' as const, 'cursor' as const, 'number' as const),
  pick: fc.nat({ max: 9 }),
  limit: fc.constantFrom(1, 3, 50),
});

/** Requests a code and confirms it, the usual case. */
const validated = target.map((it): Command[] => [
  { do: 'request_code', target: it, rejected: false },
  { do: 'confirm', target: it, code: 'right' },
]);

/** Events pushed during the suspension may be unread at the reactivation, because the producer is paused. */
const pushedWhileSuspended = fc
  .tuple(target, type, key, count)
  .map(([it, ofType, withKey, many]): Command[] => [
    { do: 'suspend', target: it, publishing: 0 },
    { do: 'pause_producer' },
    { do: 'push', type: ofType, key: withKey, count: many },
    { do: 'reactivate', target: it, publishing: 0 },
  ]);

/** Gets deliveries dropped, then retries and replays them. */
const retriedAfterDrop = fc
  .tuple(target, type, key, count, fc.nat({ max: 9 }))
  .map(([it, ofType, withKey, many, pick]): Command[] => [
    { do: 'fail_once', target: it },
    { do: 'publish', type: ofType, key: withKey, count: many },
    { do: 'suspend', target: it, publishing: 3 },
    { do: 'reactivate', target: it, publishing: 0 },
    { do: 'retry', target: it, pick },
    { do: pick % 2 === 0 ? 'replay' : 'recover', target: it },
  ]);

/** Gets later events to wait for one that fails, then skips one of them. */
const skippedWhileBlocked = fc
  .tuple(target, type, key, fc.nat({ max: 9 }))
  .map(([it, ofType, withKey, pick]): Command[] => [
    { do: 'fail_once', target: it },
    { do: 'publish', type: ofType, key: withKey, count: 1 },
    { do: 'publish', type: ofType, key: withKey, count: 2 },
    { do: 'skip', target: it, pick },
    { do: 'publish', type: ofType, key: withKey, count: 1 },
  ]);

/** Gets events with requests, then with the feed, then with requests again. */
const pulledMeanwhile = fc
  .tuple(target, url, type, key, readFeed)
  .map(([it, toUrl, ofType, withKey, read]): Command[] => [
    { do: 'publish', type: ofType, key: withKey, count: 2 },
    { do: 'suspend', target: it, publishing: 2 },
    { do: 'pull', target: it },
    { do: 'reactivate', target: it, publishing: 2 },
    { do: 'publish', type: ofType, key: withKey, count: 2 },
    { ...read, target: it },
    // Of what the suspension dropped, nothing is sent.
    { do: read.pick % 2 === 0 ? 'recover' : 'replay', target: it },
    { do: 'push', type: ofType, key: withKey, count: 2 },
    { do: 'push_to', target: it, url: toUrl },
    { do: 'request_code', target: it, rejected: false },
    { do: 'confirm', target: it, code: 'right' },
    { do: 'publish', type: ofType, key: withKey, count: 2 },
  ]);

const single: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: create },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('request_code' as const), target, rejected: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('confirm' as const),
      target,
      code: fc.constantFrom('right' as const, 'wrong' as const),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('change_types' as const), target, eventTypes }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('change_url' as const), target, url }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pull' as const), target }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('push_to' as const), target, url }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('suspend' as const), target, publishing }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('reactivate' as const), target, publishing }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), target }) },
  { weight: 18, arbitrary: fc.record({ do: fc.constant('publish' as const), type, key, count }) },
  { weight: 18, arbitrary: fc.record({ do: fc.constant('push' as const), type, key, count }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('fail_once' as const), target }) },
  { weight: 8, arbitrary: readFeed },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('move_cursor' as const), target, pick: fc.nat({ max: 9 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('retry' as const), target, pick: fc.nat({ max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('replay' as const, 'recover' as const), target }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'settle' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('interrupt_tenant' as const),
      how: fc.constantFrom('suspend' as const, 'delete' as const),
      publishing,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('kill' as const),
      role: fc.constantFrom('worker' as const, 'producer' as const),
    }),
  },
);

const steps = fc.oneof(
  { weight: 12, arbitrary: single.map((command) => [command]) },
  { weight: 1, arbitrary: validated },
  { weight: 1, arbitrary: pushedWhileSuspended },
  { weight: 1, arbitrary: retriedAfterDrop },
  { weight: 1, arbitrary: skippedWhileBlocked },
  { weight: 1, arbitrary: pulledMeanwhile },
);

const opening: Command[] = [
  { do: 'request_code', target: 0, rejected: false },
  { do: 'confirm', target: 0, code: 'right' },
];

/** Every sequence starts with a validated webhook; the other commands are random. */
export const sequences: fc.Arbitrary<Command[]> = fc
  .tuple(create, fc.array(steps, { minLength: 3, maxLength: 22, size: 'max' }))
  .map(([first, rest]) => [{ ...first, target: 0 as const }, opening, rest].flat(2));
