import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { DEFAULT_RETRY_SCHEDULE, retryAfterMs, retryDelayMs } from '../../src/index.js';

const NOW = new Date('2026-02-01T00:00:00Z');
const DAY_MS = 86_400_000;

const schedules = fc.array(fc.integer({ min: 1, max: 86_400 }), { maxLength: 12 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('retryDelayMs', () => {
  it('returns the scheduled delay with at most 20 % jitter, null past the end', () => {
    fc.assert(
      fc.property(schedules, fc.nat(15), random, (schedule, index, drawn) => {
        const seconds = schedule[index];
        const delayMs = retryDelayMs(index + 1, schedule, () => drawn);
        if (seconds === undefined) {
          expect(delayMs).toBeNull();
          return;
        }
        expect(delayMs).toBeGreaterThanOrEqual(seconds * 800);
        expect(delayMs).toBeLessThanOrEqual(seconds * 1200);
        expect(Number.isInteger(delayMs)).toBe(true);
      }),
    );
  });

  it('spreads delays over the whole jitter range', () => {
    expect(retryDelayMs(1, [100], () => 0)).toBe(80_000);
    expect(retryDelayMs(1, [100], () => 0.5)).toBe(100_000);
    expect(retryDelayMs(1, [100], () => 0.999_999)).toBe(120_000);
  });

  it('makes eight attempts within about 28 hours by default', () => {
    const delays = DEFAULT_RETRY_SCHEDULE.map((_, index) =>
      retryDelayMs(index + 1, DEFAULT_RETRY_SCHEDULE, () => 0.5),
    );
    expect(delays).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000].map((seconds) => seconds * 1000));
    expect(retryDelayMs(8, DEFAULT_RETRY_SCHEDULE, () => 0.5)).toBeNull();
  });
});

describe('retryAfterMs', () => {
  it.each<[string | null, number | null]>([
    [null, null],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['86400', DAY_MS],
    ['86401', DAY_MS],
    ['9'.repeat(400), DAY_MS],
    ['Sun, 01 Feb 2026 00:00:30 GMT', 30_000],
    ['Sat, 31 Jan 2026 00:00:00 GMT', 0],
    ['Mon, 01 Feb 2027 00:00:00 GMT', DAY_MS],
    ['', null],
    ['soon', null],
    ['-5', null],
    ['1.5', null],
    ['1e3', null],
    ['120, 240', null],
    ['wait until 3000', null],
    ['Sun, 99 Feb 2026 00:00:30 GMT', null],
  ])('parses %j as %s ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it('returns 0 to 24 hours for any header', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (header) => {
        const ms = retryAfterMs(header, NOW) ?? 0;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(DAY_MS);
      }),
    );
  });
});
