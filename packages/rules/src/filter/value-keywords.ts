import { isJsonObject } from '@posthorn/contract';
import { type FieldProblem, fieldProblem } from '@posthorn/core';
import type { Scalar, TypeName } from './filter-schema.js';
import { type Matcher, matcher, shownJson } from './matcher.js';

const TYPES: Record<TypeName, (value: unknown) => boolean> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  object: isJsonObject,
  array: Array.isArray,
  number: (value) => typeof value === 'number',
  // Only whole numbers are too large for a double: 1e400 is parsed as Infinity.
  integer: (value) => Number.isInteger(value) || value === Infinity || value === -Infinity,
  string: (value) => typeof value === 'string',
};

export function typeMatcher(names: TypeName | TypeName[]): Matcher {
  if (typeof names === 'string')
    return matcher(TYPES[names], fieldProblem('type_mismatch', { types: names }));
  const tests = names.map((name) => TYPES[name]);
  return matcher(
    (value) => tests.some((test) => test(value)),
    fieldProblem('type_mismatch', { types: names.join(' | ') }),
  );
}

export function constMatcher(expected: Scalar): Matcher {
  return matcher((value) => value === expected, fieldProblem('constant', { value: shownJson(expected) }));
}

export function enumMatcher(choices: Scalar[]): Matcher {
  const allowed = new Set<unknown>(choices);
  return matcher((value) => allowed.has(value), fieldProblem('one_of', { choices: shownJson(choices) }));
}

/** Creates a matcher for numbers. Other values always match. */
export function numberMatcher(matches: (value: number) => boolean, problem: FieldProblem): Matcher {
  return matcher((value) => typeof value !== 'number' || matches(value), problem);
}

/** Creates a matcher for strings. Other values always match. */
function stringMatcher(matches: (value: string) => boolean, problem: FieldProblem): Matcher {
  return matcher((value) => typeof value !== 'string' || matches(value), problem);
}

/** Longest part of a pattern in a message, in characters. */
const MAX_SHOWN_PATTERN = 200;

export function patternMatcher(pattern: string): Matcher {
  // regexp-reviewed -- `patternError` accepts only patterns of a fixed length
  const regex = new RegExp(pattern, 'u');
  return stringMatcher(
    (value) => regex.test(value),
    fieldProblem('pattern_mismatch', { pattern: pattern.slice(0, MAX_SHOWN_PATTERN) }),
  );
}

/** @param min in Unicode characters, which take one or two UTF-16 code units each */
export function minLengthMatcher(min: number): Matcher {
  return stringMatcher(
    (value) => value.length >= 2 * min || lengthOf(value) >= min,
    fieldProblem('too_short', { min }),
  );
}

export function maxLengthMatcher(max: number): Matcher {
  return stringMatcher(
    (value) => value.length <= max || (value.length <= 2 * max && lengthOf(value) <= max),
    fieldProblem('too_long', { max }),
  );
}

const HIGH_SURROGATE = /[\ud800-\udbff]/;

/** Returns the length in Unicode characters. The search takes no time for a string in Latin-1, and skips all others quickly. */
function lengthOf(text: string): number {
  const first = text.search(HIGH_SURROGATE);
  return first < 0 ? text.length : text.length - countPairs(text, first);
}

function countPairs(text: string, from: number): number {
  let pairs = 0;
  for (let index = from; index < text.length - 1; index += 1) {
    // A high surrogate and a low surrogate.
    if ((text.charCodeAt(index) & 0xfc00) !== 0xd800) continue;
    if ((text.charCodeAt(index + 1) & 0xfc00) !== 0xdc00) continue;
    pairs += 1;
    index += 1;
  }
  return pairs;
}
