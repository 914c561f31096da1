import { isJsonObject } from '@posthorn/contract';
import { type Rule, rule } from './matcher.js';
import type { Scalar, TypeName } from './filter-schema.js';

const TYPES: Record<TypeName, (value: unknown) => boolean> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  object: isJsonObject,
  array: Array.isArray,
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  string: (value) => typeof value === 'string',
};

export function typeRule(names: TypeName | TypeName[]): Rule {
  if (typeof names === 'string') return rule(TYPES[names], `must be ${names}`);
  const tests = names.map((name) => TYPES[name]);
  return rule((value) => tests.some((test) => test(value)), `must be ${names.join(' or ')}`);
}

export function constRule(only: Scalar): Rule {
  return rule((value) => value === only, `must be ${JSON.stringify(only)}`);
}

export function enumRule(choices: Scalar[]): Rule {
  const known = new Set<unknown>(choices);
  return rule((value) => known.has(value), `must be one of ${JSON.stringify(choices)}`);
}

/** A rule about numbers; everything else fits. */
export function numberRule(matches: (value: number) => boolean, message: string): Rule {
  return rule((value) => typeof value !== 'number' || matches(value), message);
}

/** A rule about strings; everything else fits. */
function stringRule(matches: (value: string) => boolean, message: string): Rule {
  return rule((value) => typeof value !== 'string' || matches(value), message);
}

export function patternRule(pattern: string): Rule {
  const expression = new RegExp(pattern, 'u');
  return stringRule((value) => expression.test(value), `must match ${pattern}`);
}

/** @param characters as Unicode counts them: one or two units of a string */
export function minLengthRule(characters: number): Rule {
  return stringRule(
    (value) => value.length >= 2 * characters || lengthOf(value) >= characters,
    `must have ${characters} or more characters`,
  );
}

export function maxLengthRule(characters: number): Rule {
  return stringRule(
    (value) =>
      value.length <= characters || (value.length <= 2 * characters && lengthOf(value) <= characters),
    `must have ${characters} or fewer characters`,
  );
}

function lengthOf(text: string): number {
  let pairs = 0;
  for (let index = 0; index < text.length - 1; index += 1) {
    if (!isHighSurrogate(text.charCodeAt(index)) || !isLowSurrogate(text.charCodeAt(index + 1))) continue;
    pairs += 1;
    index += 1;
  }
  return text.length - pairs;
}

const isHighSurrogate = (unit: number) => (unit & 0xfc00) === 0xd800;
const isLowSurrogate = (unit: number) => (unit & 0xfc00) === 0xdc00;
