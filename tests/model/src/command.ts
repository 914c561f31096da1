import * as fc from 'fast-check';

/** Which of the webhooks of a sequence. */
export type Slot = 0 | 1;

/** Which of the URLs that a webhook may have. */
export type Url = 0 | 1 | 2;

export interface RateLimit {
  limit: number;
  perSeconds: number;
}

/** One step of a sequence, as plain data. A command to a webhook that is not there yet is left out. */
export type Command =
  | {
      do: 'create';
      slot: Slot;
      eventTypes: readonly string[];
      retrySchedule: readonly number[];
      rateLimit: RateLimit | null;
    }
  | { do: 'request_code'; slot: Slot; refused: boolean }
  | { do: 'confirm'; slot: Slot; code: 'right' | 'wrong' }
  | { do: 'change_types'; slot: Slot; eventTypes: readonly string[] }
  | { do: 'change_url'; slot: Slot; url: Url }
  /** With so many events published over HTTP while the call is under way. */
  | { do: 'suspend'; slot: Slot; publishing: number }
  | { do: 'reactivate'; slot: Slot; publishing: number }
  | { do: 'delete'; slot: Slot }
  | { do: 'publish'; type: string; count: number }
  | { do: 'push'; type: string; count: number }
  /** The receiver answers the next event with 500. */
  | { do: 'fail_once'; slot: Slot }
  /** Retries one of the settled deliveries. */
  | { do: 'retry'; slot: Slot; pick: number }
  /** Replays all that was dropped or failed. */
  | { do: 'replay'; slot: Slot }
  /** Waits until everything is over, and compares. */
  | { do: 'settle' }
  | { do: 'kill'; role: 'worker' | 'producer' };

const slot = fc.constantFrom<Slot>(0, 1);
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
/** With a limit, deliveries that were read wait for their turn: some for nearly as long as a suspend does. */
const rateLimit = fc.constantFrom<RateLimit | null>(null, null, { limit: 3, perSeconds: 1 });
const count = fc.integer({ min: 1, max: 4 });
const publishing = fc.integer({ min: 0, max: 3 });

const create = fc.record({ do: fc.constant('create' as const), slot, eventTypes, retrySchedule, rateLimit });

/** Asks for a code and confirms it, which is what mostly happens. */
const validated = slot.map((it): Command[] => [
  { do: 'request_code', slot: it, refused: false },
  { do: 'confirm', slot: it, code: 'right' },
]);

/** What is pushed meanwhile still waits as the webhook comes back, if a killed producer is slow to return. */
const pushedMeanwhile = fc.tuple(slot, type, count).map(([it, ofType, many]): Command[] => [
  { do: 'suspend', slot: it, publishing: 0 },
  { do: 'kill', role: 'producer' },
  { do: 'push', type: ofType, count: many },
  { do: 'reactivate', slot: it, publishing: 0 },
]);

/** Leaves something dropped, and retries. */
const retriedAfterDrop = fc
  .tuple(slot, type, count, fc.nat({ max: 9 }))
  .map(([it, ofType, many, pick]): Command[] => [
    { do: 'fail_once', slot: it },
    { do: 'publish', type: ofType, count: many },
    { do: 'suspend', slot: it, publishing: 3 },
    { do: 'reactivate', slot: it, publishing: 0 },
    { do: 'retry', slot: it, pick },
    { do: 'replay', slot: it },
  ]);

const single: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: create },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('request_code' as const), slot, refused: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('confirm' as const),
      slot,
      code: fc.constantFrom('right' as const, 'wrong' as const),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('change_types' as const), slot, eventTypes }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('change_url' as const), slot, url }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('suspend' as const), slot, publishing }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('reactivate' as const), slot, publishing }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), slot }) },
  { weight: 18, arbitrary: fc.record({ do: fc.constant('publish' as const), type, count }) },
  { weight: 18, arbitrary: fc.record({ do: fc.constant('push' as const), type, count }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('fail_once' as const), slot }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('retry' as const), slot, pick: fc.nat({ max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('replay' as const), slot }) },
  { weight: 3, arbitrary: fc.constant({ do: 'settle' as const }) },
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
  { weight: 1, arbitrary: pushedMeanwhile },
  { weight: 1, arbitrary: retriedAfterDrop },
);

const opening: Command[] = [
  { do: 'request_code', slot: 0, refused: false },
  { do: 'confirm', slot: 0, code: 'right' },
];

/** A sequence begins with a webhook that is validated; the rest is free. */
export const sequences: fc.Arbitrary<Command[]> = fc
  .tuple(create, fc.array(steps, { minLength: 3, maxLength: 22, size: 'max' }))
  .map(([first, rest]) => [{ ...first, slot: 0 as const }, opening, rest].flat(2));
