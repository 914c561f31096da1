import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decay, priorityThreshold } from '../src/tenant-shares.js';

const sharesOf = (shares: readonly number[]) => new Map(shares.map((share, index) => [`${index}`, share]));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const someShares = fc.array(
  fc.integer({ min: 1, max: 20 }).map((n) => n ** 3),
  { minLength: 1, maxLength: 30 },
);

describe('who goes ahead in a lane', () => {
  it.each<[string, number[], number, number]>([
    ['one who put in little beside a flood', [8000, 40], 8040, 40],
    ['a hundred who put in little beside a flood', [...Array<number>(100).fill(70), 8000], 15_000, 70],
    ['one whose own process knows of nothing else that fills the lane', [40], 8000, 40],
    ['nobody, alone', [8000], 8000, 0],
    ['nobody, alone in a lane that has grown shorter', [8000], 100, 0],
    ['nobody of those who put in alike', [500, 500, 500], 1500, 0],
    ['nobody who put in more than an eighth of the most', [8000, 1001], 9001, 0],
    [
      'nobody of many who are together as much as the flood',
      [...Array<number>(100).fill(90), 8000],
      17_000,
      0,
    ],
  ])('%s', (_who, shares, laneLength, expected) => {
    expect(priorityThreshold(sharesOf(shares), laneLength)).toBe(expected);
  });

  it('is never as much as half of everything, nor more each than an eighth of the most', () => {
    fc.assert(
      fc.property(someShares, fc.nat(20_000), (shares, laneLength) => {
        const level = priorityThreshold(sharesOf(shares), laneLength);
        const others = Math.max(laneLength - sum(shares), 0);
        expect(sum(shares.filter((share) => share <= level))).toBeLessThan((sum(shares) + others) / 2);
        expect(level * 8).toBeLessThanOrEqual(Math.max(others, ...shares));
      }),
    );
  });

  it('is everybody who may under that rule', () => {
    fc.assert(
      fc.property(someShares, fc.nat(20_000), (shares, laneLength) => {
        const level = priorityThreshold(sharesOf(shares), laneLength);
        const others = Math.max(laneLength - sum(shares), 0);
        const more = shares.filter((share) => share > level);
        const next = Math.min(...more);
        const wouldBe = sum(shares.filter((share) => share <= next));
        const may = next * 8 <= Math.max(others, ...shares) && wouldBe < (sum(shares) + others) / 2;
        expect(more.length > 0 && may).toBe(false);
      }),
    );
  });
});

function after(shares: Record<string, number>, passed: { elapsedMs: number; laneLength: number }) {
  const kept = new Map(Object.entries(shares));
  decay(kept, passed);
  return Object.fromEntries(kept);
}

describe('what is remembered of the shares', () => {
  it('is halved every second', () => {
    expect(after({ a: 800, b: 8 }, { elapsedMs: 1000, laneLength: 0 })).toEqual({ a: 400, b: 4 });
    expect(after({ a: 800, b: 8 }, { elapsedMs: 3000, laneLength: 0 })).toEqual({ a: 100, b: 1 });
  });

  it('is nothing when it is less than half a job', () => {
    expect(after({ a: 800, b: 0.9 }, { elapsedMs: 1000, laneLength: 0 })).toEqual({ a: 400 });
  });

  it('stays while it waits in the lane, and shrinks with it', () => {
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 1000 })).toEqual({ a: 900, b: 100 });
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 500 })).toEqual({ a: 450, b: 50 });
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 1500 })).toEqual({ a: 900, b: 100 });
  });

  it('is halved by time all the same beside a lane that others have filled', () => {
    expect(after({ a: 100 }, { elapsedMs: 1000, laneLength: 5000 })).toEqual({ a: 50 });
  });

  it('never grows', () => {
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
