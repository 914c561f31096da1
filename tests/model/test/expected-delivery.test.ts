import { describe, expect, it } from '@jest/globals';
import {
  expectRedelivery,
  applyChange,
  closeRun,
  type DeliveryStatus,
  type ExpectedDelivery,
  expectDelivery,
} from '../src/expected-delivery.js';
import { newWebhook, applyCommand, type WebhookModel } from '../src/webhook-model.js';

const active: WebhookModel = {
  ...newWebhook(
    { eventTypes: ['order.*'], retrySchedule: [1], ordering: 'none', sequence: false, delivery: 'push' },
    0,
  ),
  status: 'active',
  activeSince: 2,
};
const event = { n: 0, type: 'order.paid', key: null, ingress: 'http' as const, at: 5 };
const suspended = applyCommand(active, { do: 'suspend', target: 0, publishing: 0 }, 6).next;
const reactivated = applyCommand(suspended, { do: 'reactivate', target: 0, publishing: 0 }, 7).next;

/** Returns whether these responses to its requests and this status of the delivery violate the expectation. */
function isViolation(
  expected: ExpectedDelivery,
  statuses: number[],
  status: DeliveryStatus | null,
  kills = 0,
): boolean {
  expected.run?.arrivals.push(...statuses.map((each) => ({ url: 0 as const, status: each })));
  return closeRun({ expected, status, retrySchedule: active.retrySchedule, kills }) !== null;
}

describe('a required delivery', () => {
  it.each<[string, number[], DeliveryStatus | null, boolean]>([
    ['accepted', [200], 'succeeded', false],
    ['accepted at the second attempt', [500, 200], 'succeeded', false],
    ['exhausted', [500, 500], 'failed', false],
    ['never arrived', [], 'succeeded', true],
    ['dropped', [], 'dropped', true],
    ['not matched', [], null, true],
    ['failed too early', [500], 'failed', true],
    ['accepted but not recorded', [200], 'failed', true],
    ['arrived twice', [200, 200], 'succeeded', true],
    ['attempted too often', [500, 500, 200], 'succeeded', true],
  ])('%s', (_what, statuses, status, violation) => {
    expect(isViolation(expectDelivery(event, active, 0), statuses, status)).toBe(violation);
  });

  it('allows one extra attempt per killed worker', () => {
    expect(isViolation(expectDelivery(event, active, 0), [200, 200], 'succeeded', 1)).toBe(false);
    expect(isViolation(expectDelivery(event, active, 0), [200, 200, 200], 'succeeded', 1)).toBe(true);
    expect(isViolation(expectDelivery(event, active, 0), [], 'dropped', 1)).toBe(true);
  });
});

describe('a suspension', () => {
  it('can interrupt a delivery at any point', () => {
    for (const [statuses, status] of [
      [[], 'dropped'],
      [[500], 'dropped'],
      [[200], 'succeeded'],
    ] as const) {
      const expected = expectDelivery(event, active, 0);
      applyChange(expected, suspended);
      expect(isViolation(expected, [...statuses], status)).toBe(false);
    }
  });

  it('makes unread events that were pushed before it optional', () => {
    const expected = expectDelivery({ ...event, ingress: 'redis' }, active, 0);
    applyChange(expected, suspended);
    applyChange(expected, reactivated);
    expect(expected.run?.expectation).toBe('optional');
  });

  it('forbids events that were pushed during it', () => {
    const expected = expectDelivery({ ...event, ingress: 'redis', at: 6 }, suspended, 0);
    applyChange(expected, reactivated);
    expect(expected.run?.expectation).toBe('forbidden');
    expect(isViolation(expected, [200], 'succeeded')).toBe(true);
  });
});

describe('a change of the event types', () => {
  const others = applyCommand(active, { do: 'change_types', target: 0, eventTypes: ['user.made'] }, 6).next;

  it('does not affect matched deliveries', () => {
    const expected = expectDelivery(event, active, 0);
    applyChange(expected, others);
    expect(expected.run?.expectation).toBe('required');
  });

  it('makes an unread pushed event optional', () => {
    const expected = expectDelivery({ ...event, ingress: 'redis' }, active, 0);
    applyChange(expected, others);
    expect(expected.run?.expectation).toBe('optional');
  });
});

describe('an event for the feed', () => {
  const pulled: WebhookModel = { ...active, delivery: 'pull' };
  const pushed = { ...event, ingress: 'redis' as const };
  const pushedAway = applyCommand(pulled, { do: 'push_to', target: 0, url: 1 }, 6).next;

  it('is available and never arrives', () => {
    expect(isViolation(expectDelivery(event, pulled, 0), [], 'available')).toBe(false);
    for (const status of ['pending', 'succeeded', 'dropped', null] as const)
      expect(isViolation(expectDelivery(event, pulled, 0), [], status)).toBe(true);
    expect(isViolation(expectDelivery(event, pulled, 0), [200], 'available')).toBe(true);
  });

  it('stays available whatever becomes of the webhook', () => {
    for (const later of [applyCommand(pulled, { do: 'delete', target: 0 }, 6).next, pushedAway]) {
      const expected = expectDelivery(event, pulled, 0);
      applyChange(expected, later);
      expect(isViolation(expected, [], 'dropped')).toBe(true);
    }
  });

  it('may be dropped or not match if it is read after a change', () => {
    for (const status of ['available', 'dropped', null] as const) {
      const expected = expectDelivery(pushed, pulled, 0);
      applyChange(expected, pushedAway);
      expect(isViolation(expected, [], status)).toBe(false);
    }
  });
});

it('a retry continues the attempt count: its first failure is final', () => {
  const expected = expectDelivery(event, active, 0);
  expect(isViolation(expected, [500, 500], 'failed')).toBe(false);
  expectRedelivery(expected, { cause: 'retry', chain: null }, active);
  expect(isViolation(expected, [500], 'failed')).toBe(false);
});

it('a retry of a dropped delivery sends it once', () => {
  const droppedAndRetried = (): ExpectedDelivery => {
    const expected = expectDelivery(event, active, 0);
    applyChange(expected, suspended);
    isViolation(expected, [], 'dropped');
    expectRedelivery(expected, { cause: 'retry', chain: null }, reactivated);
    return expected;
  };
  expect(isViolation(droppedAndRetried(), [200], 'succeeded')).toBe(false);
  expect(isViolation(droppedAndRetried(), [200, 200], 'succeeded')).toBe(true);
  expect(isViolation(droppedAndRetried(), [], 'dropped')).toBe(true);
});

it.each([0, 1])(
  'a retry of a delivered event that a suspension ends leaves it succeeded, with %d kills',
  (kills) => {
    const retried = (): ExpectedDelivery => {
      const expected = expectDelivery(event, active, 0);
      isViolation(expected, [200], 'succeeded');
      expectRedelivery(expected, { cause: 'retry', chain: null }, active);
      return expected;
    };
    expect(isViolation(retried(), [], 'succeeded', kills)).toBe(true);
    const suspendedRun = retried();
    applyChange(suspendedRun, suspended);
    expect(isViolation(suspendedRun, [], 'succeeded', kills)).toBe(false);
  },
);

it('a retry of a delivered event that a suspension ends does not drop it', () => {
  const expected = expectDelivery(event, active, 0);
  isViolation(expected, [200], 'succeeded');
  expectRedelivery(expected, { cause: 'retry', chain: null }, active);
  applyChange(expected, suspended);
  expect(isViolation(expected, [], 'dropped')).toBe(true);
});

it('a settled delivery does not change', () => {
  const expected = expectDelivery(event, active, 0);
  expect(isViolation(expected, [200], 'succeeded')).toBe(false);
  expect(isViolation(expected, [], 'dropped')).toBe(true);
});
