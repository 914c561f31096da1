import { describe, expect, it } from '@jest/globals';
import { array, assert, constantFrom, integer, property } from 'fast-check';
import { LATENCY_BUCKET_GROWTH, latencyQuantile } from '../src/index.js';

const bucketOf = (ms: number) => Math.floor(Math.log(ms) / Math.log(LATENCY_BUCKET_GROWTH));

function histogramOf(times: readonly number[]): Map<number, number> {
  const histogram = new Map<number, number>();
  for (const ms of times) histogram.set(bucketOf(ms), (histogram.get(bucketOf(ms)) ?? 0) + 1);
  return histogram;
}

describe('latencyQuantile', () => {
  it('is within 5 % or 0.5 ms of the exact quantile', () => {
    const times = array(integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 200 });
    assert(
      property(times, constantFrom(0.5, 0.95, 0.99), (list, share) => {
        const exact = list.toSorted((a, b) => a - b)[Math.ceil(share * list.length) - 1] ?? 0;
        const found = latencyQuantile(histogramOf(list), share) ?? Number.NaN;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.max(0.05 * exact, 0.5) + 0.5);
      }),
    );
  });

  it('returns null for an empty histogram', () => {
    expect(latencyQuantile(new Map(), 0.5)).toBeNull();
  });
});
