import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decay, priorityThreshold } from '../src/tenant-shares.js';

const sharesOf = (shares: readonly number[]) => new Map(shares.map((share, index) => [`${index}`, share]));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const someShares = fc.array(
  fc.integer({ min: 1, max: 20 }).map((n) => n ** 3),
  { minLength: 1, maxLength: 30 },
);

describe('priorityThreshold', () => {
  it.each<[string, number[], number, number]>([
    ['includes a small share beside a flood', [8000, 40], 8040, 40],
    ['includes a hundred small shares beside a flood', [...Array<number>(100).fill(70), 8000], 15_000, 70],
    ['includes a share in a lane that another process filled', [40], 8000, 40],
    ['is 0 for a single tenant', [8000], 8000, 0],
    ['is 0 for a single tenant in a shrinking lane', [8000], 100, 0],
    ['is 0 for equal shares', [500, 500, 500], 1500, 0],
    ['excludes a share above a quarter of the largest', [8000, 2001], 10_001, 0],
    ['excludes many shares that together equal the flood', [...Array<number>(100).fill(90), 8000], 17_000, 0],
  ])('%s', (_case, shares, laneLength, expected) => {
    expect(priorityThreshold(sharesOf(shares), laneLength)).toBe(expected);
  });

  it('selects less than half of all jobs, and no share above a quarter of the largest', () => {
    fc.assert(
      fc.property(someShares, fc.nat(20_000), (shares, laneLength) => {
        const threshold = priorityThreshold(sharesOf(shares), laneLength);
        const unaccounted = Math.max(laneLength - sum(shares), 0);
        expect(sum(shares.filter((share) => share <= threshold))).toBeLessThan(
          (sum(shares) + unaccounted) / 2,
        );
        expect(threshold * 4).toBeLessThanOrEqual(Math.max(unaccounted, ...shares));
      }),
    );
  });

  it('selects every share that this rule allows', () => {
    fc.assert(
      fc.property(someShares, fc.nat(20_000), (shares, laneLength) => {
        const threshold = priorityThreshold(sharesOf(shares), laneLength);
        const unaccounted = Math.max(laneLength - sum(shares), 0);
        const larger = shares.filter((share) => share > threshold);
        const next = Math.min(...larger);
        const total = sum(shares.filter((share) => share <= next));
        const isAllowed =
          next * 4 <= Math.max(unaccounted, ...shares) && total < (sum(shares) + unaccounted) / 2;
        expect(larger.length > 0 && isAllowed).toBe(false);
      }),
    );
  });
});

function after(shares: Record<string, number>, passed: { elapsedMs: number; laneLength: number }) {
  const kept = new Map(Object.entries(shares));
  decay(kept, passed);
  return Object.fromEntries(kept);
}

describe('decay', () => {
  it('halves shares every second', () => {
    expect(after({ a: 800, b: 8 }, { elapsedMs: 1000, laneLength: 0 })).toEqual({ a: 400, b: 4 });
    expect(after({ a: 800, b: 8 }, { elapsedMs: 3000, laneLength: 0 })).toEqual({ a: 100, b: 1 });
  });

  it('removes shares of less than half a job', () => {
    expect(after({ a: 800, b: 0.9 }, { elapsedMs: 1000, laneLength: 0 })).toEqual({ a: 400 });
  });

  it('keeps shares that account for the lane, and shrinks them with the lane', () => {
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 1000 })).toEqual({ a: 900, b: 100 });
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 500 })).toEqual({ a: 450, b: 50 });
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 1500 })).toEqual({ a: 900, b: 100 });
  });

  it('halves shares although another process keeps the lane long', () => {
    expect(after({ a: 100 }, { elapsedMs: 1000, laneLength: 5000 })).toEqual({ a: 50 });
  });

  it('never increases a share', () => {
    const passed = fc.record({ elapsedMs: fc.nat(100_000), laneLength: fc.nat(100_000) });
    fc.assert(
      fc.property(someShares, passed, (shares, time) => {
        const kept = sharesOf(shares);
        decay(kept, time);
        for (const [tenant, share] of kept) expect(share).toBeLessThanOrEqual(shares[Number(tenant)] ?? 0);
      }),
    );
  });
});
