import { fieldProblem } from '@posthorn/core';
import { decimalMultiple } from '../numbers/decimal-multiple.js';
import {
  containsMatcher,
  itemsMatcher,
  maxItemsMatcher,
  minItemsMatcher,
  prefixItemsMatcher,
} from './array-keywords.js';
import { type FilterObject, type FilterSchema, type Keyword, keywordsOf } from './filter-schema.js';
import { anyOfMatcher, ifMatcher, notMatcher, oneOfMatcher } from './logic-keywords.js';
import { allOf, ANYTHING, type Matcher, NOTHING } from './matcher.js';
import {
  additionalPropertiesMatcher,
  dependentRequiredMatcher,
  maxPropertiesMatcher,
  minPropertiesMatcher,
  propertiesMatcher,
  requiredMatcher,
} from './object-keywords.js';
import {
  constMatcher,
  enumMatcher,
  maxLengthMatcher,
  minLengthMatcher,
  numberMatcher,
  patternMatcher,
  typeMatcher,
} from './value-keywords.js';

/** Compiles a schema into one function for each keyword, without generating code from its text. */
export function compileSchema(schema: FilterSchema): Matcher {
  if (typeof schema === 'boolean') return schema ? ANYTHING : NOTHING;
  const matchers = keywordsOf(schema).map((keyword) => compileKeyword(keyword, schema));
  return allOf(matchers.filter((one) => one !== null));
}

type KeywordValues = Required<FilterObject>;

type Compiler<K extends Keyword> = (value: KeywordValues[K], schema: FilterObject) => Matcher;

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- relates the value to its compiler
function compileKeyword<K extends Keyword>(keyword: K, schema: FilterObject): Matcher | null {
  const compiler: Compiler<K> | null = COMPILERS[keyword];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keyword is a key of the schema
  return compiler && compiler(schema[keyword] as KeywordValues[K], schema);
}

/** Null: an annotation, or a keyword that is compiled together with another one. */
const COMPILERS: { [K in Keyword]: Compiler<K> | null } = {
  title: null,
  description: null,
  $comment: null,
  type: typeMatcher,
  const: constMatcher,
  enum: enumMatcher,
  minimum: (limit) => numberMatcher((value) => value >= limit, fieldProblem('too_small', { limit })),
  maximum: (limit) => numberMatcher((value) => value <= limit, fieldProblem('too_big', { limit })),
  exclusiveMinimum: (limit) =>
    numberMatcher((value) => value > limit, fieldProblem('not_greater', { limit })),
  exclusiveMaximum: (limit) => numberMatcher((value) => value < limit, fieldProblem('not_less', { limit })),
  multipleOf: (step) => numberMatcher(decimalMultiple(step), fieldProblem('not_multiple', { step })),
  minLength: minLengthMatcher,
  maxLength: maxLengthMatcher,
  pattern: patternMatcher,
  properties: (schemas) =>
    propertiesMatcher(new Map(Object.entries(schemas).map(([name, one]) => [name, compileSchema(one)]))),
  required: requiredMatcher,
  dependentRequired: dependentRequiredMatcher,
  additionalProperties: (schema, { properties = {} }) =>
    additionalPropertiesMatcher(new Set(Object.keys(properties)), compileSchema(schema)),
  minProperties: minPropertiesMatcher,
  maxProperties: maxPropertiesMatcher,
  prefixItems: (schemas) => prefixItemsMatcher(schemas.map(compileSchema)),
  items: (schema, { prefixItems = [] }) => itemsMatcher(prefixItems.length, compileSchema(schema)),
  contains: (schema, { minContains, maxContains }) =>
    containsMatcher(compileSchema(schema), { min: minContains ?? 1, max: maxContains ?? Infinity }),
  minContains: null,
  maxContains: null,
  minItems: minItemsMatcher,
  maxItems: maxItemsMatcher,
  allOf: (schemas) => allOf(schemas.map(compileSchema)),
  anyOf: (schemas) => anyOfMatcher(schemas.map(compileSchema)),
  oneOf: (schemas) => oneOfMatcher(schemas.map(compileSchema)),
  not: (schema) => notMatcher(compileSchema(schema)),
  // `if` without `then` and `else` matches everything.
  if: (schema, { then = true, else: otherwise = true }) =>
    ifMatcher(compileSchema(schema), compileSchema(then), compileSchema(otherwise)),
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword; the object is never awaited
  then: null,
  else: null,
};
