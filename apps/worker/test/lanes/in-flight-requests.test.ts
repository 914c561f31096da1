import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InFlightRequests } from '../../src/lanes/in-flight-requests.js';
import { advance, useFakeTime } from '@posthorn/testkit/fake-time';

let lateMs = 250;
const THRESHOLDS = { lateMs: () => lateMs, overdueMs: 1000 };
let inFlight: InFlightRequests;
beforeEach(() => {
  lateMs = 250;
  useFakeTime();
  inFlight = new InFlightRequests(THRESHOLDS, () => Date.now());
});
afterEach(() => {
  jest.useRealTimers();
});

/** Starts a request whose end the test controls, and keeps its callbacks. */
function start({ detachesAt = 1 }: { detachesAt?: number } = {}) {
  const ends: ((outcome: string) => void)[] = [];
  const outcome = new Promise<string>((resolve) => ends.push(resolve));
  const request = {
    startedAtMs: Date.now(),
    lateness: [] as number[],
    overdueAtMs: [] as number[],
    onLate: () => request.lateness.push(Date.now() - request.startedAtMs) >= detachesAt,
    onOverdue: () => void request.overdueAtMs.push(Date.now() - request.startedAtMs),
  };
  const watched = inFlight.track(request, outcome);
  return {
    request,
    end: async () => {
      ends[0]?.('ok');
      expect(await watched).toBe('ok');
    },
  };
}

describe('InFlightRequests', () => {
  it('calls onLate and onOverdue once', async () => {
    const { request, end } = start();
    await advance(3000, 25);
    expect(request).toMatchObject({ lateness: [250], overdueAtMs: [1000] });
    await end();
  });

  it('calls onLate earlier when requests count as late earlier', async () => {
    const { request, end } = start();
    await advance(100, 25);
    lateMs = 50;
    await advance(100, 25);
    expect(request.lateness).toEqual([150]);
    await end();
  });

  it('calls neither for a request that ends in time', async () => {
    const fast = start();
    await advance(200, 25);
    await fast.end();
    const late = start();
    await advance(900, 25);
    await late.end();
    await advance(2000, 25);
    expect(fast.request).toMatchObject({ lateness: [], overdueAtMs: [] });
    expect(late.request.lateness).toHaveLength(1);
    expect(late.request.overdueAtMs).toEqual([]);
  });

  it('calls onLate until it returns true', async () => {
    const { request, end } = start({ detachesAt: 20 });
    await advance(2000, 25);
    expect(request.lateness).toHaveLength(20);
    expect(request.overdueAtMs).toEqual([1000]);
    await end();
  });

  it('measures each request from its own start', async () => {
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

  it('checks requests behind one whose onLate returns false', async () => {
    const first = start({ detachesAt: Infinity });
    const second = start();
    await advance(1000, 25);
    expect(second.request).toMatchObject({ lateness: [250], overdueAtMs: [1000] });
    await Promise.all([first.end(), second.end()]);
  });

  it('passes the error of the request on', async () => {
    const request = { startedAtMs: Date.now(), onLate: () => true, onOverdue: () => {} };
    await expect(inFlight.track(request, Promise.reject(new Error('error')))).rejects.toThrow('error');
    await advance(2000, 25);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('timer of InFlightRequests', () => {
  it('runs while requests are in flight', async () => {
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

  it('is cleared by stop', async () => {
    start();
    await inFlight.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
