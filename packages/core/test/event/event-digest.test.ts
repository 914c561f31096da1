import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compactText, eventDigest } from '../../src/index.js';
import { gap, string, value } from '../json/fixtures/json-texts.js';

const member = fc.tuple(string, value);

/** Returns the text of an object with `space` around each of its tokens. */
const objectText = (members: readonly (readonly [string, string])[], space = ''): string =>
  `{${space}${members.map((one) => one.join(`${space}:${space}`)).join(`${space},${space}`)}${space}}`;

describe('the digest of an event', () => {
  it('does not depend on white space between tokens', () => {
    fc.assert(
      fc.property(fc.array(member), gap, gap, (members, one, other) => {
        const [text, spaced] = [objectText(members, one), objectText(members, other)];
        expect(eventDigest('a.b', spaced)).toBe(eventDigest('a.b', text));
        expect(eventDigest('a.b', compactText(spaced))).toBe(eventDigest('a.b', text));
      }),
    );
  });

  it('depends on everything else', () => {
    fc.assert(
      fc.property(fc.array(member), fc.array(member), (one, other) => {
        const [text, otherText] = [one, other].map((members) => compactText(objectText(members)));
        fc.pre(text !== otherText);
        expect(eventDigest('a.b', otherText ?? '')).not.toBe(eventDigest('a.b', text ?? ''));
      }),
    );
  });

  it.each([
    ['the type', 'a.c', '{"a":1}'],
    ['a value', 'a.b', '{"a":2}'],
    ['the spelling of a number', 'a.b', '{"a":1.0}'],
    ['a space in a string', 'a.b', '{"a ":1}'],
    ['an escape', 'a.b', '{"\\u0061":1}'],
    ['a duplicate key', 'a.b', '{"a":1,"a":1}'],
  ])('depends on %s', (_name, type, text) => {
    expect(eventDigest(type, text)).not.toBe(eventDigest('a.b', '{"a":1}'));
  });

  it('depends on the order of keys', () => {
    expect(eventDigest('a.b', '{"b":1,"a":1}')).not.toBe(eventDigest('a.b', '{"a":1,"b":1}'));
  });
});

describe('the compact text of a JSON text', () => {
  it('has the same value, and only the white space in strings', () => {
    fc.assert(
      fc.property(fc.array(member), gap, (members, space) => {
        const text = objectText(members, space);
        expect(JSON.parse(compactText(text))).toEqual(JSON.parse(text));
        const withoutStrings = compactText(text).replace(/"(?:[^"\\]|\\.)*"/g, '""');
        expect(withoutStrings).not.toMatch(/\s/);
      }),
    );
  });
});
