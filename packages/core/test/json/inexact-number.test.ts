import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { inexactNumber } from '../../src/json/inexact-number.js';

describe('a number that JSON.parse changes', () => {
  it.each(['1e400', '-1e400', '1e-400', '9007199254740993', '0.1000000000000000055', '123456789012345678.5'])(
    'is found: %s',
    (number) => {
      expect(inexactNumber(number)).toBe(number);
      expect(inexactNumber(`{"a":[1,"\\"2",{"1e400":"1e400\\\\"},${number}]}`)).toBe(number);
    },
  );

  it.each([
    '0',
    '-0',
    '-0.00e5',
    '0e999',
    '1.50',
    '100',
    '1e2',
    '1E+2',
    '0.1',
    '1.7976931348623157e308',
    '5e-324',
    '9007199254740992',
  ])('is not %s', (number) => expect(inexactNumber(`[${number}]`)).toBeUndefined());

  it('is found in linear time', () => {
    const number = `1${'0'.repeat(1_000_000)}1`;
    expect(inexactNumber(`[${number},"${'\\"'.repeat(1_000_000)}"]`)).toBe(number);
  });

  it('is none that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.json(), fc.double({ noNaN: true, noDefaultInfinity: true }), (json, value) => {
        expect(inexactNumber(json)).toBeUndefined();
        expect(inexactNumber(value.toExponential())).toBeUndefined();
      }),
    );
  });

  it('is each whole number that JavaScript would write as another one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (value) => {
        expect(inexactNumber(`${value}`) === undefined).toBe(rewritten(value) === value);
      }),
    );
  });
});

/** Returns the whole number that JavaScript writes for a number. */
function rewritten(value: bigint): bigint {
  const [mantissa = '', exponent = '0'] = String(Number(value)).split('e+');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}
