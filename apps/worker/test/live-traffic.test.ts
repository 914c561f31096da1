import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LiveTraffic } from '../src/live-traffic.js';
import { settle, useFakeTime } from './fixtures/workers-at-work.js';

let traffic: LiveTraffic;
let ended: number[];
beforeEach(() => {
  useFakeTime();
  traffic = new LiveTraffic(() => Date.now());
  ended = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** A live delivery that ends when the test says so. */
function live(): { end: () => Promise<void>; fail: () => Promise<void> } {
  let settled = { resolve: (): void => {}, reject: (_error: Error): void => {} };
  const delivery = traffic.during(
    () => new Promise<void>((resolve, reject) => (settled = { resolve, reject })),
  );
  return {
    end: async () => {
      settled.resolve();
      await delivery;
    },
    fail: async () => {
      settled.reject(new Error('fault'));
      await expect(delivery).rejects.toThrow('fault');
    },
  };
}

/** Replayed deliveries that wait for their turns. */
function replays(count: number): void {
  for (let n = 0; n < count; n += 1) void traffic.gap().then(() => ended.push(n));
}

async function after(ms: number): Promise<number[]> {
  jest.advanceTimersByTime(ms);
  await settle();
  return ended;
}

describe('replayed deliveries', () => {
  it('run at once, all of them, where nothing is live', async () => {
    replays(3);
    expect(await after(0)).toEqual([0, 1, 2]);
  });

  it('wait for a moment when no live delivery is under way, and run one at a time', async () => {
    const [first, second] = [live(), live()];
    replays(3);
    await first.end();
    expect(await after(10)).toEqual([]);
    await second.end();
    expect(await after(10)).toEqual([0]);
    const third = live();
    expect(await after(10)).toEqual([0]);
    await third.end();
    expect(await after(10)).toEqual([0, 1]);
  });

  it('wait for that moment after a fault, too', async () => {
    const delivery = live();
    replays(1);
    await delivery.fail();
    expect(await after(0)).toEqual([0]);
  });

  it('go on after a tenth of a second each, however busy it is', async () => {
    const delivery = live();
    replays(3);
    await after(0);
    expect(await after(99)).toEqual([]);
    expect(await after(1)).toEqual([0]);
    expect(await after(100)).toEqual([0, 1]);
    expect(await after(100)).toEqual([0, 1, 2]);
    await delivery.end();
  });

  it('give way for a while after the last live delivery, then no longer', async () => {
    await live().end();
    jest.advanceTimersByTime(200);
    replays(1);
    expect(await after(0)).toEqual([]);
    expect(await after(100)).toEqual([0]);
    replays(5);
    expect(await after(0)).toEqual([0, 0, 1, 2, 3, 4]);
  });

  it('leave no timer behind', async () => {
    const delivery = live();
    replays(1);
    await after(0);
    await delivery.end();
    await after(0);
    expect(ended).toEqual([0]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a live delivery', () => {
  it('has the result that it has without', async () => {
    expect(await traffic.during(async () => 'done')).toBe('done');
    await expect(traffic.during(() => Promise.reject(new Error('fault')))).rejects.toThrow('fault');
  });
});
