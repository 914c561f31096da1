import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonObject, storedJson } from '../src/http/json-value.js';

const fits = (value: unknown) => storedJson(100).safeParse(value).success;

describe('a JSON object', () => {
  it('is handed on as the very same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) =>
        expect(jsonObject.parse(value)).toBe(value),
      ),
    );
  });

  it.each([null, [], 'text', 5, true, undefined])('is not %j', (value) =>
    expect(jsonObject.safeParse(value).success).toBe(false),
  );
});

describe('a JSON object for the database', () => {
  it.each([
    ['fits', { a: 'ü' }, true],
    ['has a NUL', { a: ['\0'] }, false],
    ['has a NUL in a name', { a: { '\0': 1 } }, false],
    ['has half a surrogate pair', { a: '\ud83d' }, false],
    ['has a whole one', { a: '\ud83d\ude00' }, true],
    ['is 100 bytes', { a: 'x'.repeat(92) }, true],
    ['is 101 bytes', { a: 'x'.repeat(93) }, false],
  ])('%s', (_name, value, expected) => expect(fits(value)).toBe(expected));

  it('is refused, and overflows nothing, when it is nested without end', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    expect(fits(deep)).toBe(false);
  });
});
