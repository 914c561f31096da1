import { isJsonObject } from '@posthorn/contract';
import { patternError } from './pattern-error.js';
import type { Keyword, TypeName } from './filter-schema.js';

/** What is wrong with the argument of a keyword, or null. What is in the schemas that it holds is looked at apart. */
type Check = (argument: unknown) => string | null;

const check = (passes: (argument: unknown) => boolean, message: string): Check => {
  return (argument) => (passes(argument) ? null : message);
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

const isText = (value: unknown) => typeof value === 'string';
/** A number beyond what JSON can say again is none. */
const isScalar = (value: unknown) =>
  typeof value === 'number' ? Number.isFinite(value) : value === null || typeof value !== 'object';
const isList = (value: unknown) => Array.isArray(value) && value.length > 0;
const isTypeName = (value: unknown) => typeof value === 'string' && Object.hasOwn(TYPE_NAMES, value);
/** Each at most once. */
const isSet = (value: unknown, isMember: (member: unknown) => boolean) =>
  Array.isArray(value) && value.every(isMember) && new Set(value).size === value.length;
const isNames = (value: unknown) => isSet(value, isText);

const text = check(isText, 'must be text');
const schema: Check = () => null;
const schemas = check(isList, 'must be a list of one or more schemas');
const count = check(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'must be a whole number from 0',
);
const number = check(Number.isFinite, 'must be a number');

const CHECKS: Record<Keyword, Check> = {
  title: text,
  description: text,
  $comment: text,
  type: check(
    (value) => isTypeName(value) || (isList(value) && isSet(value, isTypeName)),
    `must be one or more of ${Object.keys(TYPE_NAMES).join(', ')}`,
  ),
  const: check(isScalar, 'must be text, a number, true, false or null'),
  enum: check(
    (value) => isList(value) && isSet(value, isScalar),
    'must be a list of different texts, numbers, true, false or null',
  ),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: check((value) => Number.isFinite(value) && Number(value) > 0, 'must be a number above 0'),
  minLength: count,
  maxLength: count,
  pattern: (value) => (typeof value === 'string' ? patternError(value) : 'must be text'),
  properties: check(isJsonObject, 'must be an object with a schema for each name'),
  required: check(isNames, 'must be a list of different names'),
  dependentRequired: check(
    (value) => isJsonObject(value) && Object.values(value).every(isNames),
    'must be an object with a list of different names for each name',
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
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword, and nothing that is awaited
  then: schema,
  else: schema,
};

export function isKeyword(name: string): name is Keyword {
  return Object.hasOwn(CHECKS, name);
}

/** Why a keyword cannot have that argument, or null when it can. */
export function keywordError(keyword: Keyword, argument: unknown): string | null {
  return CHECKS[keyword](argument);
}
