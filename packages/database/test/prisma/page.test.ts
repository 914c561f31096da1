import { describe, expect, it } from '@jest/globals';
import { idTimeMs, newId } from '@posthorn/core';
import { idFloor } from '../../src/ids/id-floor.js';
import { idBounds, toPage } from '../../src/prisma-client/page.js';

describe('idFloor', () => {
  it('returns the smallest id of a millisecond', () => {
    for (const timeMs of [0, 1, Date.UTC(2026, 0, 1), 2 ** 48 - 1])
      expect(idTimeMs(idFloor(timeMs))).toBe(timeMs);
    const now = Date.now();
    expect(idFloor(now) <= newId()).toBe(true);
    expect(idFloor(now + 60_000) > newId()).toBe(true);
  });

  it('clamps times outside the range of ids', () => {
    expect(idTimeMs(idFloor(-1))).toBe(0);
    expect(idTimeMs(idFloor(1e300))).toBe(2 ** 48 - 1);
  });
});

describe('idBounds', () => {
  it('uses the lower of the cursor and the end of the range', () => {
    const [early, late] = [idFloor(1000), idFloor(2000)];
    expect(idBounds({ cursor: early, to: new Date(2000) })).toEqual({ lt: early });
    expect(idBounds({ cursor: late, to: new Date(1000) })).toEqual({ lt: early });
    expect(idBounds({ from: new Date(1000) })).toEqual({ gte: early });
    expect(idBounds({})).toEqual({});
  });
});

const items = (count: number) => Array.from({ length: count }, (_, n) => ({ id: String(n) }));

describe('toPage', () => {
  it('returns the id of the last item as cursor if there are more', () => {
    expect(toPage(items(3), 2)).toEqual({ items: items(2), next: '1' });
    expect(toPage(items(2), 2)).toEqual({ items: items(2), next: null });
    expect(toPage([], 2)).toEqual({ items: [], next: null });
  });
});
