import { anyOfRule, ifRule, notRule, oneOfRule } from './logic-keywords.js';
import { containsRule, itemsRule, maxItemsRule, minItemsRule, prefixItemsRule } from './array-keywords.js';
import {
  additionalPropertiesRule,
  dependentRequiredRule,
  maxPropertiesRule,
  minPropertiesRule,
  propertiesRule,
  requiredRule,
} from './object-keywords.js';
import { all, EVERYTHING, NOTHING, type Rule } from './matcher.js';
import { type FilterObject, type FilterSchema, type Keyword, keywordsOf } from './filter-schema.js';
import {
  constRule,
  enumRule,
  maxLengthRule,
  minLengthRule,
  numberRule,
  patternRule,
  typeRule,
} from './value-keywords.js';

/** Makes a schema ready to be asked: a function for each keyword, no code from its text. */
export function compileSchema(schema: FilterSchema): Rule {
  if (typeof schema === 'boolean') return schema ? EVERYTHING : NOTHING;
  const rules = keywordsOf(schema).map((keyword) => compileKeyword(keyword, schema));
  return all(rules.filter((one) => one !== null));
}

type Arguments = Required<FilterObject>;

type RuleMaker<K extends Keyword> = (argument: Arguments[K], schema: FilterObject) => Rule;

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the argument to its maker
function compileKeyword<K extends Keyword>(keyword: K, schema: FilterObject): Rule | null {
  const maker: RuleMaker<K> | null = MAKERS[keyword];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is one of the keys that are there
  return maker && maker(schema[keyword] as Arguments[K], schema);
}

/** Null: says nothing by itself, or is read together with another keyword. */
const MAKERS: { [K in Keyword]: RuleMaker<K> | null } = {
  title: null,
  description: null,
  $comment: null,
  type: typeRule,
  const: constRule,
  enum: enumRule,
  minimum: (limit) => numberRule((value) => value >= limit, `must be >= ${limit}`),
  maximum: (limit) => numberRule((value) => value <= limit, `must be <= ${limit}`),
  exclusiveMinimum: (limit) => numberRule((value) => value > limit, `must be > ${limit}`),
  exclusiveMaximum: (limit) => numberRule((value) => value < limit, `must be < ${limit}`),
  multipleOf: (step) =>
    numberRule((value) => Number.isInteger(value / step), `must be a multiple of ${step}`),
  minLength: minLengthRule,
  maxLength: maxLengthRule,
  pattern: patternRule,
  properties: (schemas) =>
    propertiesRule(new Map(Object.entries(schemas).map(([name, one]) => [name, compileSchema(one)]))),
  required: requiredRule,
  dependentRequired: dependentRequiredRule,
  additionalProperties: (schema, { properties = {} }) =>
    additionalPropertiesRule(new Set(Object.keys(properties)), compileSchema(schema)),
  minProperties: minPropertiesRule,
  maxProperties: maxPropertiesRule,
  prefixItems: (schemas) => prefixItemsRule(schemas.map(compileSchema)),
  items: (schema, { prefixItems = [] }) => itemsRule(prefixItems.length, compileSchema(schema)),
  contains: (schema, { minContains, maxContains }) =>
    containsRule(compileSchema(schema), { least: minContains ?? 1, most: maxContains ?? Infinity }),
  minContains: null,
  maxContains: null,
  minItems: minItemsRule,
  maxItems: maxItemsRule,
  allOf: (schemas) => all(schemas.map(compileSchema)),
  anyOf: (schemas) => anyOfRule(schemas.map(compileSchema)),
  oneOf: (schemas) => oneOfRule(schemas.map(compileSchema)),
  not: (schema) => notRule(compileSchema(schema)),
  // `if` alone decides nothing.
  if: (schema, { then = true, else: otherwise = true }) =>
    ifRule(compileSchema(schema), compileSchema(then), compileSchema(otherwise)),
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword, and nothing that is awaited
  then: null,
  else: null,
};
