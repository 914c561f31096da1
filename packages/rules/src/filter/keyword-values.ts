import { isJsonObject } from '@posthorn/contract';
import { type FieldProblem, fieldProblem } from '@posthorn/core';
import { patternError } from './pattern-error.js';
import type { Keyword, TypeName } from './filter-schema.js';

/** Returns the error of a keyword's value, or null. Subschemas are checked separately. */
type Check = (value: unknown) => FieldProblem | null;

const check = (isValid: (value: unknown) => boolean, problem: FieldProblem): Check => {
  return (value) => (isValid(value) ? null : problem);
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

const string = check(isString, fieldProblem('not_a_string'));
const schema: Check = () => null;
const schemas = check(isNonEmptyArray, fieldProblem('not_schemas'));
const count = check((value) => Number.isSafeInteger(value) && Number(value) >= 0, fieldProblem('not_count'));
const number = check(Number.isFinite, fieldProblem('not_a_number'));

const CHECKS: Record<Keyword, Check> = {
  title: string,
  description: string,
  $comment: string,
  type: check(
    (value) => isTypeName(value) || (isNonEmptyArray(value) && isUniqueArray(value, isTypeName)),
    fieldProblem('not_type_names', { names: Object.keys(TYPE_NAMES).join(', ') }),
  ),
  const: check(isScalar, fieldProblem('not_scalar')),
  enum: check(
    (value) => isNonEmptyArray(value) && isUniqueArray(value, isScalar),
    fieldProblem('not_scalars'),
  ),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: check((value) => Number.isFinite(value) && Number(value) > 0, fieldProblem('not_positive')),
  minLength: count,
  maxLength: count,
  pattern: (value) => (typeof value === 'string' ? patternError(value) : fieldProblem('not_a_string')),
  properties: check(isJsonObject, fieldProblem('not_property_schemas')),
  required: check(isUniqueNames, fieldProblem('not_property_names')),
  dependentRequired: check(
    (value) => isJsonObject(value) && Object.values(value).every(isUniqueNames),
    fieldProblem('not_dependencies'),
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
export function keywordError(keyword: Keyword, value: unknown): FieldProblem | null {
  return CHECKS[keyword](value);
}
