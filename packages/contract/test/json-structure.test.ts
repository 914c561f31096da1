import { describe, expect, it } from '@jest/globals';
import { countStructuralCharacters } from '../src/values/json-structure.js';

describe('the structural characters of a JSON text', () => {
  it.each([
    ['null', 0],
    ['[]', 1],
    ['{"a":1}', 2],
    ['[1,2,[3]]', 4],
    ['{"a":[{},{}],"é":"€,"}', 9],
  ])('are counted in its text and in its bytes: %s', (text, count) => {
    expect(countStructuralCharacters(text)).toBe(count);
    expect(countStructuralCharacters(Buffer.from(text))).toBe(count);
  });

  it('are at least as many as its objects, arrays, members and items together, less one', () => {
    const value = { a: [1, 2, { b: null }], c: {}, d: [[]] };
    const count = (node: unknown): number =>
      typeof node === 'object' && node !== null
        ? 1 + Object.values(node).reduce<number>((sum, inner) => sum + count(inner), 0)
        : 1;
    expect(countStructuralCharacters(JSON.stringify(value))).toBeGreaterThanOrEqual(count(value) - 1);
  });
});
