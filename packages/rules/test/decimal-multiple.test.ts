import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decimalMultiple } from '../src/numbers/decimal-multiple.js';

/** A decimal that a number represents to the last digit. */
interface Decimal {
  digits: number;
  exponent: number;
}

const steps = fc.record({
  digits: fc.integer({ min: 1, max: 9999 }),
  exponent: fc.integer({ min: -40, max: 40 }),
});

const numberOf = ({ digits, exponent }: Decimal) => Number(`${digits}e${exponent}`);

describe('a multiple of a decimal', () => {
  it.each([
    [19.99, 0.01],
    [-19.99, 0.01],
    [0.3, 0.1],
    [4.35, 0.01],
    [1e-7, 1e-7],
    [3e-7, 1e-7],
    [99_999_999_999.99, 0.01],
    [12_391_239_123, 1e-8],
    [1e15, 0.01],
    [1e15, 1e-7],
    [1_000_000_000_000_000.1, 0.1],
    [1e23, 10],
    [1e308, 0.5],
    [5e-324, 5e-324],
    [0, 0.01],
    [-0, 1e-30],
    [35, 2.5],
    [9_007_199_254_740_994, 2],
  ])('%d is a multiple of %d', (value, step) => {
    expect(decimalMultiple(step)(value)).toBe(true);
  });

  it.each([
    [19.995, 0.01],
    [0.1 + 0.2, 0.1],
    [1.000_000_1, 0.01],
    [1e-8, 1e-7],
    [0.007_51, 0.000_1],
    [35, 1.5],
    [1e15, 0.3],
    [1e22, 3],
    [1e308, 0.123456789],
    [1e-300, 1e-7],
    [7, 1e300],
    [Infinity, 0.01],
  ])('%d is not a multiple of %d', (value, step) => {
    expect(decimalMultiple(step)(value)).toBe(false);
  });

  it('is decided by the decimal digits of both numbers', () => {
    let multiples = 0;
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 10 ** 11 }),
        fc.nat(3),
        ({ digits, exponent }, factor, rest) => {
          const value = { digits: digits * factor + rest, exponent };
          const expected = rest % digits === 0;
          multiples += Number(expected);
          expect(decimalMultiple(numberOf({ digits, exponent }))(numberOf(value))).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
    expect(multiples).toBeGreaterThan(200);
  });
});
