import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { INITIAL_FLOW_STATE } from '../src/congestion-window.js';
import { releaseCount } from '../src/release-count.js';
import { anySignal, congestion, NOW_MS, response, stateAfter, times } from './fixtures/flow-signals.js';

describe('releaseCount', () => {
  const input = {
    state: INITIAL_FLOW_STATE,
    nowMs: NOW_MS,
    maxInFlight: 100,
    inFlight: 0,
    outstanding: 0,
    rate: null,
  };

  it('is the free part of the window minus outstanding deliveries', () => {
    expect(releaseCount(input)).toBe(10);
    expect(releaseCount({ ...input, inFlight: 7, outstanding: 2 })).toBe(1);
    expect(releaseCount({ ...input, inFlight: 10 })).toBe(0);
    expect(releaseCount({ ...input, maxInFlight: 3 })).toBe(3);
  });

  it('is higher for fast responses, which free slots soon', () => {
    const fast = stateAfter(times(20, response(20)));
    expect(releaseCount({ ...input, state: fast, inFlight: 30 })).toBe(100);
  });

  it('is 0 before the end of a Retry-After', () => {
    const paused = stateAfter([congestion(NOW_MS, 5000)]);
    expect(releaseCount({ ...input, state: paused })).toBe(0);
    expect(releaseCount({ ...input, state: paused, nowMs: NOW_MS + 5000 })).toBe(5);
  });

  it('is what the rate limit allows until the next run and a little longer', () => {
    const rate = { intervalMs: 20, nextStartInMs: 0 };
    const fast = stateAfter(times(90, response(20)));
    expect(releaseCount({ ...input, state: fast, rate })).toBe(21);
    expect(releaseCount({ ...input, state: fast, rate: { ...rate, nextStartInMs: 300 } })).toBe(6);
    expect(releaseCount({ ...input, state: fast, rate: { ...rate, nextStartInMs: 900 } })).toBe(0);
  });

  it('is 1 in time for the next start of a slow rate limit', () => {
    const hourly = { intervalMs: 3_600_000, nextStartInMs: 0 };
    expect(releaseCount({ ...input, rate: hourly })).toBe(1);
    expect(releaseCount({ ...input, rate: { ...hourly, nextStartInMs: 400 } })).toBe(1);
    expect(releaseCount({ ...input, rate: { ...hourly, nextStartInMs: 401 } })).toBe(0);
    expect(releaseCount({ ...input, rate: hourly, outstanding: 1 })).toBe(0);
  });

  it('is never negative', () => {
    const numbers = fc.record({
      inFlight: fc.nat(2000),
      outstanding: fc.nat(2000),
      maxInFlight: fc.integer({ min: 1, max: 1000 }),
      rate: fc.option(
        fc.record({ intervalMs: fc.integer({ min: 1, max: 3_600_000 }), nextStartInMs: fc.nat(3_600_000) }),
      ),
    });
    fc.assert(
      fc.property(fc.array(anySignal), numbers, (signals, rest) => {
        const count = releaseCount({ state: stateAfter(signals), nowMs: NOW_MS, ...rest });
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(100);
      }),
    );
  });
});
