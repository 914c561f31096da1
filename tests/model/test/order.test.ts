import { describe, expect, it } from '@jest/globals';
import type { Key, Ordering } from '../src/command.js';
import { type ExpectedDelivery, expectDelivery } from '../src/expected-delivery.js';
import { type Chains, checkFirstArrival, checkNumbers } from '../src/order.js';
import { newWebhook, type WebhookModel } from '../src/webhook-model.js';

const webhookWith = (ordering: Ordering): WebhookModel => ({
  ...newWebhook({ eventTypes: ['*'], retrySchedule: [1], ordering, sequence: false, delivery: 'push' }, 0),
  status: 'active',
  activeSince: 0,
});

const strict = webhookWith('strict');
const byKey = webhookWith('byKey');

const delivery = (n: number, { key = 'a', at = n }: { key?: Key; at?: number } = {}): ExpectedDelivery =>
  expectDelivery({ n, type: 'order.paid', key, ingress: 'http', at }, strict, 0);

/** Lets the first request of a delivery arrive. */
function arrive(
  chains: Chains,
  { expected, number, status, webhook }: ReturnType<typeof arrival>,
): string | null {
  const { run } = expected;
  if (!run) throw new Error('The delivery has no run');
  const violation = checkFirstArrival(chains, webhook, { expected, run, number });
  run.arrivals.push({ url: 0, status });
  return violation;
}

const arrival = (number: number, status = 200, more: { key?: Key; webhook?: WebhookModel } = {}) => ({
  expected: delivery(number, more),
  number,
  status,
  webhook: more.webhook ?? strict,
});

const inOrder = (number: number, key: Key) => arrival(number, 500, { key, webhook: byKey });

const numbered = (...numbers: (number | null)[]) =>
  numbers.map((number, index) => ({ expected: delivery(index), number }));

/** Lets deliveries arrive, and returns the violations. */
function violations(...arrivals: ReturnType<typeof arrival>[]): string[] {
  const chains: Chains = new Map();
  return arrivals.flatMap((each) => arrive(chains, each) ?? []);
}

describe('first arrivals', () => {
  it('are in order, and each after the success or the last attempt of the one before', () => {
    expect(violations(arrival(1), arrival(2), arrival(4))).toEqual([]);
    expect(violations(arrival(2), arrival(1))).toEqual(['number 1 arrived after number 2 (live)']);
    expect(violations(arrival(1, 500), arrival(2))).toEqual([
      'number 2 arrived while number 1 was in progress (live)',
    ]);
    const failed = arrival(1, 500);
    failed.expected.run?.arrivals.push({ url: 0, status: 500 });
    expect(violations(failed, arrival(2))).toEqual([]);
  });

  it('have an order within a key, and none without a key', () => {
    expect(violations(inOrder(2, 'a'), inOrder(1, 'b'), inOrder(4, null), inOrder(3, null))).toEqual([]);
    expect(violations(inOrder(2, 'a'), inOrder(1, 'a'))).toEqual([
      'number 1 arrived after number 2 (live, key a)',
    ]);
  });

  it('may be late after a skip or a suspension, and out of order in a single retry', () => {
    const skipped = arrival(1);
    skipped.expected.run!.expectation = 'optional';
    expect(violations(arrival(2), skipped)).toEqual([]);
    const retried = [inOrder(2, 'a'), inOrder(1, 'a')];
    for (const { expected } of retried) expected.run!.chain = null;
    expect(violations(...retried)).toEqual([]);
    const blocking = arrival(1, 500);
    blocking.expected.run!.expectation = 'optional';
    expect(violations(blocking, arrival(2))).toEqual([]);
  });
});

describe('the numbers of deliveries', () => {
  it('begin with 1 and have no gaps, or are missing', () => {
    expect(checkNumbers(numbered(1, 2, 3))).toEqual([]);
    expect(checkNumbers(numbered(1, 3))).toEqual(['has the numbers 1, 3']);
    expect(checkNumbers(numbered(1, 1))).toHaveLength(1);
    expect(checkNumbers(numbered(1, null))).toHaveLength(1);
    const before = { expected: { ...delivery(9), isNumbered: false }, number: null };
    expect(checkNumbers([before, ...numbered(1, 2)])).toEqual([]);
    expect(checkNumbers([{ ...before, number: 3 }, ...numbered(1, 2)])).toEqual([
      'has the number 3 for event 9',
    ]);
  });

  it('have the order of the steps in which the events were published over HTTP', () => {
    const early = delivery(0, { at: 1 });
    const late = delivery(1, { at: 2 });
    expect(
      checkNumbers([
        { expected: late, number: 1 },
        { expected: early, number: 2 },
      ]),
    ).toEqual(['numbers event 1 before event 0, which was published in an earlier step']);
    const pushed = { ...late, event: { ...late.event, ingress: 'redis' as const } };
    expect(
      checkNumbers([
        { expected: pushed, number: 1 },
        { expected: early, number: 2 },
      ]),
    ).toEqual([]);
  });
});
