import { describe, expect, it } from '@jest/globals';
import { filterCost } from '../../src/filter/filter-cost.js';

describe('the cost of a pattern', () => {
  it.each([
    ['abc', 6],
    ['^abc', 1],
    ['[ab]', 8],
    ['...', 12],
  ])('counts what is tried at every position: %s', (pattern, cost) => {
    expect(filterCost({ pattern })).toBe(cost);
  });

  it('counts a surrogate pair as one character', () => {
    expect(filterCost({ pattern: '\u{1F4EF}\u{1F4EF}' })).toBe(filterCost({ pattern: 'ab' }));
  });
});

describe('the cost of multipleOf', () => {
  it('is counted for each item of a list', () => {
    expect(filterCost({ properties: { price: { multipleOf: 0.01 } } })).toBe(0);
    expect(filterCost({ items: { multipleOf: 0.01 } })).toBe(86);
  });
});
