import { describe, expect, it } from '@jest/globals';
import { poolSizeOf, shareOf } from '../src/process-group.js';

describe('poolSizeOf', () => {
  it.each([
    [4, 1, 4],
    [5, 2, 3],
    [6, 4, 2],
    [6, 64, 2],
    [1, 64, 1],
  ])('%d connections of %d processes are %d for each', (single, size, each) => {
    expect(poolSizeOf(single, { size })).toBe(each);
  });
});

describe('shareOf', () => {
  it('is never 0', () => {
    expect(shareOf(128, { size: 1 })).toBe(128);
    expect(shareOf(128, { size: 3 })).toBe(43);
    expect(shareOf(8, { size: 64 })).toBe(1);
  });
});
