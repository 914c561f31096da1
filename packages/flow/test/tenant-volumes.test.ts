import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decay, priorityThreshold } from '../src/fairness/tenant-volumes.js';

const volumesOf = (volumes: readonly number[]) =>
  new Map(volumes.map((volume, index) => [`${index}`, volume]));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const someVolumes = fc.array(
  fc.integer({ min: 1, max: 20 }).map((n) => n ** 3),
  { minLength: 1, maxLength: 30 },
);

describe('priorityThreshold', () => {
  it.each<[string, number[], number, number]>([
    ['includes a small volume beside a flood', [8000, 40], 8040, 40],
    ['includes a hundred small volumes beside a flood', [...Array<number>(100).fill(70), 8000], 15_000, 70],
    ['includes a volume in a lane that another process filled', [40], 8000, 40],
    ['is 0 for a single tenant', [8000], 8000, 0],
    ['is 0 for a single tenant in a shrinking lane', [8000], 100, 0],
    ['is 0 for equal volumes', [500, 500, 500], 1500, 0],
    ['excludes a volume above a quarter of the largest', [8000, 2001], 10_001, 0],
    [
      'excludes many volumes that together equal the flood',
      [...Array<number>(100).fill(90), 8000],
      17_000,
      0,
    ],
  ])('%s', (_case, volumes, laneLength, expected) => {
    expect(priorityThreshold(volumesOf(volumes), laneLength)).toBe(expected);
  });

  it('selects less than half of all jobs, and no volume above a quarter of the largest', () => {
    fc.assert(
      fc.property(someVolumes, fc.nat(20_000), (volumes, laneLength) => {
        const threshold = priorityThreshold(volumesOf(volumes), laneLength);
        const unaccounted = Math.max(laneLength - sum(volumes), 0);
        expect(sum(volumes.filter((volume) => volume <= threshold))).toBeLessThan(
          (sum(volumes) + unaccounted) / 2,
        );
        expect(threshold * 4).toBeLessThanOrEqual(Math.max(unaccounted, ...volumes));
      }),
    );
  });

  it('selects every volume within both limits', () => {
    fc.assert(
      fc.property(someVolumes, fc.nat(20_000), (volumes, laneLength) => {
        const threshold = priorityThreshold(volumesOf(volumes), laneLength);
        const unaccounted = Math.max(laneLength - sum(volumes), 0);
        const larger = volumes.filter((volume) => volume > threshold);
        const next = Math.min(...larger);
        const total = sum(volumes.filter((volume) => volume <= next));
        const isAllowed =
          next * 4 <= Math.max(unaccounted, ...volumes) && total < (sum(volumes) + unaccounted) / 2;
        expect(larger.length > 0 && isAllowed).toBe(false);
      }),
    );
  });
});

function after(volumes: Record<string, number>, passed: { elapsedMs: number; laneLength: number }) {
  const kept = new Map(Object.entries(volumes));
  decay(kept, passed);
  return Object.fromEntries(kept);
}

describe('decay', () => {
  it('halves volumes every second', () => {
    expect(after({ a: 800, b: 8 }, { elapsedMs: 1000, laneLength: 0 })).toEqual({ a: 400, b: 4 });
    expect(after({ a: 800, b: 8 }, { elapsedMs: 3000, laneLength: 0 })).toEqual({ a: 100, b: 1 });
  });

  it('removes volumes of less than half a job', () => {
    expect(after({ a: 800, b: 0.9 }, { elapsedMs: 1000, laneLength: 0 })).toEqual({ a: 400 });
  });

  it('keeps volumes that account for the lane, and shrinks them with the lane', () => {
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 1000 })).toEqual({ a: 900, b: 100 });
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 500 })).toEqual({ a: 450, b: 50 });
    expect(after({ a: 900, b: 100 }, { elapsedMs: 10_000, laneLength: 1500 })).toEqual({ a: 900, b: 100 });
  });

  it('halves volumes although another process keeps the lane long', () => {
    expect(after({ a: 100 }, { elapsedMs: 1000, laneLength: 5000 })).toEqual({ a: 50 });
  });

  it('never increases a volume', () => {
    const passed = fc.record({ elapsedMs: fc.nat(100_000), laneLength: fc.nat(100_000) });
    fc.assert(
      fc.property(someVolumes, passed, (volumes, time) => {
        const kept = volumesOf(volumes);
        decay(kept, time);
        for (const [tenant, volume] of kept) expect(volume).toBeLessThanOrEqual(volumes[Number(tenant)] ?? 0);
      }),
    );
  });
});
