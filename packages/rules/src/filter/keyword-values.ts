import { isJsonObject } from '@posthorn/contract';
import { patternError } from './pattern-error.js';
import type { Keyword, TypeName } from './filter-schema.js';

/** Returns the error of a keyword's value, or null. Subschemas are checked separately. */
type Check = (value: unknown) => string | null;

const check = (isValid: (value: unknown) => boolean, message: string): Check => {
  return (value) => (isValid(value) ? null : message);
};

const TYPE_NAMES: Record<TypeName, true> = {
  null: true,
  boolean: true,
  object: true,
  array: true,
  number: true,
  integer: true,
  string: true,
};

const isString = (value: unknown) => typeof value === 'string';
/** JSON cannot represent NaN and infinity. */
const isScalar = (value: unknown) =>
  typeof value === 'number' ? Number.isFinite(value) : value === null || typeof value !== 'object';
const isNonEmptyArray = (value: unknown) => Array.isArray(value) && value.length > 0;
const isTypeName = (value: unknown) => typeof value === 'string' && Object.hasOwn(TYPE_NAMES, value);
const isUniqueArray = (value: unknown, isMember: (member: unknown) => boolean) =>
  Array.isArray(value) && value.every(isMember) && new Set(value).size === value.length;
const isUniqueNames = (value: unknown) => isUniqueArray(value, isString);

const string = check(isString, 'must be a string');
const schema: Check = () => null;
const schemas = check(isNonEmptyArray, 'must be a non-empty array of schemas');
const count = check(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'must be a non-negative integer',
);
const number = check(Number.isFinite, 'must be a number');

const CHECKS: Record<Keyword, Check> = {
  title: string,
  description: string,
  $comment: string,
  type: check(
    (value) => isTypeName(value) || (isNonEmptyArray(value) && isUniqueArray(value, isTypeName)),
    `must be one or more of ${Object.keys(TYPE_NAMES).join(', ')}`,
  ),
  const: check(isScalar, 'must be a string, a number, a boolean or null'),
  enum: check(
    (value) => isNonEmptyArray(value) && isUniqueArray(value, isScalar),
    'must be a non-empty array of unique strings, numbers, booleans or null',
  ),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: check(
    (value) => Number.isFinite(value) && Number(value) > 0,
    'must be a number greater than 0',
  ),
  minLength: count,
  maxLength: count,
  pattern: (value) => (typeof value === 'string' ? patternError(value) : 'must be a string'),
  properties: check(isJsonObject, 'must be an object with a schema for each property'),
  required: check(isUniqueNames, 'must be an array of unique property names'),
  dependentRequired: check(
    (value) => isJsonObject(value) && Object.values(value).every(isUniqueNames),
    'must be an object with an array of unique property names for each property',
  ),
  additionalProperties: schema,
  minProperties: count,
  maxProperties: count,
  prefixItems: schemas,
  items: schema,
  contains: schema,
  minContains: count,
  maxContains: count,
  minItems: count,
  maxItems: count,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: schema,
  if: schema,
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword; the object is never awaited
  then: schema,
  else: schema,
};

export function isKeyword(name: string): name is Keyword {
  return Object.hasOwn(CHECKS, name);
}

/** Returns why `value` is invalid for the keyword, or null when it is valid. */
export function keywordError(keyword: Keyword, value: unknown): string | null {
  return CHECKS[keyword](value);
}
