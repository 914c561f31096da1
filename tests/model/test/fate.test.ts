import { describe, expect, it } from '@jest/globals';
import { again, afterChange, close, type DeliveryStatus, type Fate, published } from '../src/fate.js';
import { newWebhook, step, type WebhookModel } from '../src/webhook-model.js';

const active: WebhookModel = { ...newWebhook(['order.*'], [1]), status: 'active', activeSince: 2 };
const event = { n: 0, type: 'order.paid', door: 'http' as const, at: 5 };
const suspended = step(active, { do: 'suspend', slot: 0, publishing: 0 }, 6).next;
const reactivated = step(suspended, { do: 'reactivate', slot: 0, publishing: 0 }, 7).next;

/** Whether it is wrong that these answers were given to its requests, and the delivery is settled so. */
function isWrong(fate: Fate, answers: number[], status: DeliveryStatus | null, kills = 0): boolean {
  fate.run?.arrivals.push(...answers.map((answered) => ({ url: 0 as const, answered })));
  return close({ fate, status, retrySchedule: active.retrySchedule, kills }) !== null;
}

describe('an event that must arrive', () => {
  it.each<[string, number[], DeliveryStatus | null, boolean]>([
    ['was taken', [200], 'succeeded', false],
    ['was taken at the second try', [500, 200], 'succeeded', false],
    ['was given up', [500, 500], 'failed', false],
    ['never came', [], 'succeeded', true],
    ['was dropped', [], 'dropped', true],
    ['was not matched', [], null, true],
    ['was given up too early', [500], 'failed', true],
    ['was taken, which is not on record', [200], 'failed', true],
    ['came twice', [200, 200], 'succeeded', true],
    ['was tried too often', [500, 500, 200], 'succeeded', true],
  ])('%s', (_what, answers, status, wrong) => {
    expect(isWrong(published(event, active, 0), answers, status)).toBe(wrong);
  });

  it('may come once more for each worker that was killed', () => {
    expect(isWrong(published(event, active, 0), [200, 200], 'succeeded', 1)).toBe(false);
    expect(isWrong(published(event, active, 0), [200, 200, 200], 'succeeded', 1)).toBe(true);
    expect(isWrong(published(event, active, 0), [], 'dropped', 1)).toBe(true);
  });
});

describe('a suspension', () => {
  it('cuts off what is under way, at any point', () => {
    for (const [answers, status] of [
      [[], 'dropped'],
      [[500], 'dropped'],
      [[200], 'succeeded'],
    ] as const) {
      const fate = published(event, active, 0);
      afterChange(fate, suspended);
      expect(isWrong(fate, [...answers], status)).toBe(false);
    }
  });

  it('takes what was pushed before and not read', () => {
    const fate = published({ ...event, door: 'redis' }, active, 0);
    afterChange(fate, suspended);
    afterChange(fate, reactivated);
    expect(fate.run?.bound).toBe('may');
  });

  it('keeps away what was pushed meanwhile', () => {
    const fate = published({ ...event, door: 'redis', at: 6 }, suspended, 0);
    afterChange(fate, reactivated);
    expect(fate.run?.bound).toBe('never');
    expect(isWrong(fate, [200], 'succeeded')).toBe(true);
  });
});

describe('a change of the event types', () => {
  const others = step(active, { do: 'change_types', slot: 0, eventTypes: ['user.made'] }, 6).next;

  it('leaves alone what was matched already', () => {
    const fate = published(event, active, 0);
    afterChange(fate, others);
    expect(fate.run?.bound).toBe('must');
  });

  it('makes a push uncertain that was not read', () => {
    const fate = published({ ...event, door: 'redis' }, active, 0);
    afterChange(fate, others);
    expect(fate.run?.bound).toBe('may');
  });
});

it('a retry counts attempts on: one that fails is the last', () => {
  const fate = published(event, active, 0);
  expect(isWrong(fate, [500, 500], 'failed')).toBe(false);
  again(fate, 'retry', active);
  expect(isWrong(fate, [500], 'failed')).toBe(false);
});

function droppedAndRetried(): Fate {
  const fate = published(event, active, 0);
  afterChange(fate, suspended);
  close({ fate, status: 'dropped', retrySchedule: [1], kills: 0 });
  again(fate, 'retry', reactivated);
  return fate;
}

it('a retry of what was dropped may send it twice, as the run of before may still wait in a worker', () => {
  expect(isWrong(droppedAndRetried(), [200, 200], 'succeeded')).toBe(false);
  expect(isWrong(droppedAndRetried(), [200, 200, 200], 'succeeded')).toBe(true);
  expect(isWrong(droppedAndRetried(), [], 'dropped')).toBe(true);
});

it('what is settled stays as it is', () => {
  const fate = published(event, active, 0);
  expect(isWrong(fate, [200], 'succeeded')).toBe(false);
  expect(isWrong(fate, [], 'dropped')).toBe(true);
});
