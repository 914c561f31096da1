import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonObject, storedJson } from '../src/values/json-value.js';

const isValid = (value: unknown) => storedJson(100).safeParse(value).success;

describe('jsonObject', () => {
  it('is passed on by reference', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) =>
        expect(jsonObject.parse(value)).toBe(value),
      ),
    );
  });

  it.each([null, [], 'text', 5, true, undefined])('rejects %j', (value) =>
    expect(jsonObject.safeParse(value).success).toBe(false),
  );
});

describe('storedJson', () => {
  it.each([
    ['a small object', { a: 'ü' }, true],
    ['a NUL', { a: ['\0'] }, false],
    ['a NUL in a key', { a: { '\0': 1 } }, false],
    ['an unpaired surrogate', { a: '\ud83d' }, false],
    ['a surrogate pair', { a: '\ud83d\ude00' }, true],
    ['100 bytes', { a: 'x'.repeat(92) }, true],
    ['101 bytes', { a: 'x'.repeat(93) }, false],
  ])('validates %s', (_name, value, expected) => expect(isValid(value)).toBe(expected));

  it('rejects extremely deep nesting without a stack overflow', () => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    expect(isValid(deep)).toBe(false);
  });
});
