import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RequestsUnderWay } from '../src/requests-under-way.js';
import { advance, useFakeTime } from './fixtures/fake-time.js';

const LIMITS = { lateMs: 250, overdueMs: 1000 };
let underWay: RequestsUnderWay;
beforeEach(() => {
  useFakeTime();
  underWay = new RequestsUnderWay(LIMITS, () => Date.now());
});
afterEach(() => {
  jest.useRealTimers();
});

/** A request that ends when the test says so, and what was said of it. */
function start({ leavesAt = 1 }: { leavesAt?: number } = {}) {
  const ends: ((answer: string) => void)[] = [];
  const answer = new Promise<string>((resolve) => ends.push(resolve));
  const request = {
    startedAtMs: Date.now(),
    lateness: [] as number[],
    overdueAtMs: [] as number[],
    onLate: () => request.lateness.push(Date.now() - request.startedAtMs) >= leavesAt,
    onOverdue: () => void request.overdueAtMs.push(Date.now() - request.startedAtMs),
  };
  const watched = underWay.during(request, answer);
  return {
    request,
    end: async () => {
      ends[0]?.('ok');
      expect(await watched).toBe('ok');
    },
  };
}

describe('a request under way', () => {
  it('is late once, and overdue once', async () => {
    const { request, end } = start();
    await advance(3000, 25);
    expect(request).toMatchObject({ lateness: [250], overdueAtMs: [1000] });
    await end();
  });

  it('is neither when it ends in time', async () => {
    const quick = start();
    await advance(200, 25);
    await quick.end();
    const late = start();
    await advance(900, 25);
    await late.end();
    await advance(2000, 25);
    expect(quick.request).toMatchObject({ lateness: [], overdueAtMs: [] });
    expect(late.request.lateness).toHaveLength(1);
    expect(late.request.overdueAtMs).toEqual([]);
  });

  it('is asked to leave again and again until it does, however late', async () => {
    const { request, end } = start({ leavesAt: 20 });
    await advance(2000, 25);
    expect(request.lateness).toHaveLength(20);
    expect(request.overdueAtMs).toEqual([1000]);
    await end();
  });

  it('is not taken for another that started later', async () => {
    const first = start();
    await advance(150, 25);
    const second = start();
    await advance(150, 25);
    expect(first.request.lateness).toEqual([250]);
    expect(second.request.lateness).toEqual([]);
    await advance(150, 25);
    expect(second.request.lateness).toEqual([250]);
    await Promise.all([first.end(), second.end()]);
  });

  it('is not forgotten when one that started before it stays in its place', async () => {
    const first = start({ leavesAt: Infinity });
    const second = start();
    await advance(1000, 25);
    expect(second.request).toMatchObject({ lateness: [250], overdueAtMs: [1000] });
    await Promise.all([first.end(), second.end()]);
  });

  it('has the fault that it has without', async () => {
    const request = { startedAtMs: Date.now(), onLate: () => true, onOverdue: () => {} };
    await expect(underWay.during(request, Promise.reject(new Error('fault')))).rejects.toThrow('fault');
    await advance(2000, 25);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the one timer for all of them', () => {
  it('runs while there are any, and again for the next', async () => {
    const first = start();
    const second = start();
    expect(jest.getTimerCount()).toBe(1);
    await Promise.all([first.end(), second.end()]);
    await advance(100, 25);
    expect(jest.getTimerCount()).toBe(0);
    const third = start();
    expect(jest.getTimerCount()).toBe(1);
    await advance(1000, 25);
    expect(third.request).toMatchObject({ lateness: [250], overdueAtMs: [1000] });
    await third.end();
  });

  it('ends with the process', () => {
    start();
    underWay.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
