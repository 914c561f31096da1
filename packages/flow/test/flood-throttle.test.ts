import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FloodThrottle } from '../src/flood-throttle.js';
import { useFakeTime } from './fixtures/fake-time.js';

let busy: number;
/** The places that the lane has been given, in turn. */
let given: number[];
let lane: FloodThrottle;

beforeEach(() => {
  useFakeTime();
  busy = 0;
  given = [];
  lane = new FloodThrottle({
    concurrency: 100,
    setConcurrency: (concurrency) => given.push(concurrency),
    utilization: () => busy,
    nowMs: () => Date.now(),
  });
});
afterEach(() => {
  jest.useRealTimers();
});

const places = () => given.at(-1);

/** Lets time pass while deliveries are put ahead. */
function flood(forMs: number): void {
  for (let passed = 0; passed < forMs; passed += 100) {
    lane.onPrioritizedJob();
    jest.advanceTimersByTime(100);
  }
}

describe('a flooded lane', () => {
  it('has few places from the moment that somebody is put ahead', () => {
    lane.onPrioritizedJob();
    expect(given).toEqual([16]);
  });

  it('has fewer while the process is busy, but never none', () => {
    busy = 0.9;
    flood(500);
    expect(places()).toBe(3);
    flood(5000);
    expect(places()).toBe(2);
  });

  it('has more while the process has time, but no more than without a flood', () => {
    flood(1000);
    expect(places()).toBe(26);
    flood(20_000);
    expect(places()).toBe(100);
  });

  it('has all its places again once nobody was put ahead for a while, and none to spare after that', () => {
    busy = 0.9;
    flood(1000);
    jest.advanceTimersByTime(1900);
    expect(places()).toBe(2);
    jest.advanceTimersByTime(300);
    expect(places()).toBe(100);
    given = [];
    jest.advanceTimersByTime(5000);
    expect(given).toEqual([]);
    lane.onPrioritizedJob();
    expect(given).toEqual([16]);
  });
});
