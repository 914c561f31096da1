import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { INITIAL_FLOW_STATE } from '../src/slots/congestion-window.js';
import { jobDelayMs, releaseCount, startingCount, visitPauseMs } from '../src/releases/release-count.js';
import { anySignal, congestion, NOW_MS, response, stateAfter, times } from './fixtures/flow-signals.js';

const input = {
  state: INITIAL_FLOW_STATE,
  nowMs: NOW_MS,
  maxInFlight: 100,
  inFlight: 0,
  outstanding: 0,
  promptlyEnded: 0,
  rate: null,
  tokenWait: null,
};

describe('startingCount', () => {
  it('is all outstanding deliveries without a rate limit', () => {
    expect(startingCount({ outstanding: 7, rate: null })).toBe(7);
  });

  it('is those whose jobs are not delayed with a rate limit', () => {
    for (const nextStartInMs of [0, 100, 150, 151, 900]) {
      for (const outstanding of [0, 1, 4, 10]) {
        const rate = { intervalMs: 50, nextStartInMs };
        const limited = Object.assign({}, input, { rate });
        const delays = Array.from({ length: outstanding }, (_, n) => jobDelayMs(limited, n));
        expect(startingCount({ outstanding, rate })).toBe(delays.filter((ms) => ms === 0).length);
      }
    }
  });
});

describe('releaseCount', () => {
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

  it('follows how many requests of a failing webhook were sent since the last visit', () => {
    const failing = { ...input, state: stateAfter(times(9, congestion(NOW_MS))), inFlight: 1 };
    const { window, strikes } = failing.state;
    expect([Math.floor(window), strikes > 0]).toEqual([1, true]);
    expect(releaseCount(failing)).toBe(0);
    // All of them: there may have been time for more.
    expect(releaseCount({ ...failing, promptlyEnded: 3 })).toBe(6);
    expect(releaseCount({ ...failing, promptlyEnded: 3, outstanding: 2 })).toBe(1);
    expect(releaseCount({ ...failing, promptlyEnded: 3, outstanding: 4 })).toBe(0);
    expect(releaseCount({ ...failing, promptlyEnded: 80 })).toBe(100);
  });

  it('is 0 before the end of a Retry-After', () => {
    const paused = stateAfter([congestion(NOW_MS, 5000)]);
    expect(releaseCount({ ...input, state: paused })).toBe(0);
    expect(releaseCount({ ...input, state: paused, nowMs: NOW_MS + 5000 })).toBe(5);
  });

  it('is 0 while all wait for an access token, which is looked for less and less often', () => {
    const waiting = { ...input, tokenWait: 'all' as const };
    expect(releaseCount(waiting)).toBe(0);
    expect([0, 1, 2, 9].map((visits) => visitPauseMs(waiting, 0, visits))).toEqual([100, 200, 400, 1000]);
  });

  it('is 1 while all but one wait for an access token', () => {
    const waiting = { ...input, tokenWait: 'all_but_one' as const };
    expect(releaseCount(waiting)).toBe(1);
    expect(releaseCount({ ...waiting, outstanding: 1 })).toBe(0);
    expect(releaseCount({ ...waiting, rate: { intervalMs: 20, nextStartInMs: 0 } })).toBe(1);
  });

  it('is what the rate limit allows within a second', () => {
    const rate = { intervalMs: 20, nextStartInMs: 0 };
    const fast = stateAfter(times(90, response(20)));
    expect(releaseCount({ ...input, state: fast, rate })).toBe(51);
    expect(releaseCount({ ...input, state: fast, rate: { ...rate, nextStartInMs: 300 } })).toBe(36);
    expect(releaseCount({ ...input, state: fast, rate: { ...rate, nextStartInMs: 1001 } })).toBe(0);
  });

  it('is 1 in time for the next start of a slow rate limit', () => {
    const hourly = { intervalMs: 3_600_000, nextStartInMs: 0 };
    expect(releaseCount({ ...input, rate: hourly })).toBe(1);
    expect(releaseCount({ ...input, rate: { ...hourly, nextStartInMs: 1000 } })).toBe(1);
    expect(releaseCount({ ...input, rate: { ...hourly, nextStartInMs: 1001 } })).toBe(0);
    expect(releaseCount({ ...input, rate: hourly, outstanding: 1 })).toBe(0);
  });

  it('is never negative', () => {
    const numbers = fc.record({
      inFlight: fc.nat(2000),
      outstanding: fc.nat(2000),
      promptlyEnded: fc.nat(2000),
      maxInFlight: fc.integer({ min: 1, max: 1000 }),
      rate: fc.option(
        fc.record({ intervalMs: fc.integer({ min: 1, max: 3_600_000 }), nextStartInMs: fc.nat(3_600_000) }),
      ),
    });
    fc.assert(
      fc.property(fc.array(anySignal), numbers, (signals, rest) => {
        const count = releaseCount({
          state: stateAfter(signals),
          nowMs: NOW_MS,
          tokenWait: null,
          ...rest,
        });
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe('visitPauseMs', () => {
  const rate = { intervalMs: 100, nextStartInMs: 0 };

  it('is 0 while slots may become free at any time', () => {
    expect(visitPauseMs(input, 10, 0)).toBe(0);
    expect(visitPauseMs({ ...input, inFlight: 10 }, 0, 7)).toBe(0);
  });

  it('ends before the starts that were released have passed', () => {
    const fast = { ...input, state: stateAfter(times(90, response(20))), rate };
    expect(visitPauseMs(fast, 11, 0)).toBe(500);
    expect(visitPauseMs({ ...fast, rate: { ...rate, nextStartInMs: 1700 } }, 0, 0)).toBe(700);
  });

  it('is 0 for a rate-limited webhook whose window limits it', () => {
    expect(visitPauseMs({ ...input, inFlight: 10, rate }, 0, 0)).toBe(0);
    expect(visitPauseMs({ ...input, rate: { ...rate, intervalMs: 1 } }, 100, 0)).toBe(0);
  });

  it('doubles with each visit without a release to a failing webhook whose window is full', () => {
    const failing = { ...input, state: stateAfter([congestion(NOW_MS)]), inFlight: 5 };
    expect([0, 1, 2, 3, 4, 30].map((emptyCount) => visitPauseMs(failing, 0, emptyCount))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
    expect(visitPauseMs(failing, 1, 0)).toBe(0);
  });

  it('is at most a second: the limits of the webhook may change', () => {
    const hourly = { intervalMs: 3_600_000, nextStartInMs: 3_000_000 };
    expect(visitPauseMs({ ...input, rate: hourly }, 0, 0)).toBe(1000);
    expect(visitPauseMs({ ...input, state: stateAfter([congestion(NOW_MS, 60_000)]) }, 0, 0)).toBe(1000);
    expect(visitPauseMs({ ...input, state: stateAfter([congestion(NOW_MS, 300)]) }, 0, 0)).toBe(300);
  });
});

describe('jobDelayMs', () => {
  it('is 0 without a rate limit', () => {
    expect(jobDelayMs(input, 3)).toBe(0);
  });

  it('ends 150 ms before the start that the rate limit will assign', () => {
    const limited = { ...input, outstanding: 2, rate: { intervalMs: 100, nextStartInMs: 40 } };
    expect(jobDelayMs(limited, 0)).toBe(90);
    expect(jobDelayMs(limited, 3)).toBe(390);
    expect(jobDelayMs({ ...limited, outstanding: 0 }, 0)).toBe(0);
  });
});
