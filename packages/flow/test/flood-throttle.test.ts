import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FloodThrottle } from '../src/fairness/flood-throttle.js';
import { useFakeTime } from '@posthorn/testkit/fake-time';

let utilization: number;
/** Every concurrency that the throttle has set, in order. */
let limits: number[];
let throttle: FloodThrottle;

beforeEach(() => {
  useFakeTime();
  utilization = 0;
  limits = [];
  throttle = new FloodThrottle({
    concurrency: 100,
    setConcurrency: (limit) => limits.push(limit),
    utilization: () => utilization,
    nowMs: () => Date.now(),
  });
});
afterEach(() => {
  jest.useRealTimers();
});

const concurrency = () => limits.at(-1);

/** Lets time pass with a prioritized job every 100 ms. */
function flood(forMs: number): void {
  for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs += 100) {
    throttle.onPrioritizedJob();
    jest.advanceTimersByTime(100);
  }
}

describe('FloodThrottle', () => {
  it('lowers the concurrency with the first prioritized job', () => {
    throttle.onPrioritizedJob();
    expect(limits).toEqual([16]);
  });

  it('lowers it further while the process is busy, down to the minimum', () => {
    utilization = 0.9;
    flood(500);
    expect(concurrency()).toBe(3);
    flood(5000);
    expect(concurrency()).toBe(2);
  });

  it('raises it while the process is not busy, up to the normal concurrency', () => {
    flood(1000);
    expect(concurrency()).toBe(26);
    flood(20_000);
    expect(concurrency()).toBe(100);
  });

  it('restores the concurrency once after the last prioritized job, and can start again', () => {
    utilization = 0.9;
    flood(1000);
    jest.advanceTimersByTime(1900);
    expect(concurrency()).toBe(2);
    jest.advanceTimersByTime(300);
    expect(concurrency()).toBe(100);
    limits = [];
    jest.advanceTimersByTime(5000);
    expect(limits).toEqual([]);
    throttle.onPrioritizedJob();
    expect(limits).toEqual([16]);
  });

  it('is safe to stop twice, during a flood and before one', async () => {
    await throttle.stop();
    flood(300);
    await throttle.stop();
    await throttle.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
