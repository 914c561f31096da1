import {
  type FilterObject,
  type FilterSchema,
  heldSchemas,
  type Keyword,
  keywordsOf,
} from './filter-schema.js';

/** Most that a filter may cost. A cost of 1 is about half a millisecond at most, on the largest event there can be. */
export const MAX_FILTER_COST = 100;

/** Keywords that go through all of a value, which may be as long as an event. */
const WHOLE_VALUE: { [K in Keyword]?: number } = {
  items: 1,
  contains: 1,
  minLength: 1,
  maxLength: 1,
  additionalProperties: 24,
  minProperties: 24,
  maxProperties: 24,
};

/** What a keyword costs, and each name that it looks for, when it is asked for every element of a value. */
const EACH_TIME = 6;

/** A pattern is tried at each place of a text, unless it is bound to its start. */
const PATTERN_CHARACTER = 2;

/**
 * What a filter costs at most, whatever the event. No schema is asked about the same value twice, so it goes with what
 * is asked about one and the same value: schemas for different parts of it do not add up.
 */
export function filterCost(schema: FilterSchema, forEach = false): number {
  if (typeof schema === 'boolean') return 0;
  const own = sum(keywordsOf(schema).map((keyword) => ownCost(keyword, schema, forEach)));
  let [itself, parts, contained] = [0, 0, 0];
  for (const held of keywordsOf(schema).flatMap((keyword) => heldSchemas(schema, keyword))) {
    const cost = filterCost(held.schema, forEach || held.for === 'each');
    if (held.for === 'itself') itself += cost;
    // The elements that it looks at are those of items and prefixItems.
    else if (held.keyword === 'contains') contained += cost;
    else parts = Math.max(parts, cost);
  }
  return itself + Math.max(own, parts + contained);
}

function ownCost(keyword: Keyword, schema: FilterObject, forEach: boolean): number {
  const wholeValue = keyword === 'pattern' ? patternCost(schema.pattern ?? '') : (WHOLE_VALUE[keyword] ?? 0);
  return forEach ? wholeValue + EACH_TIME * (1 + namesIn(keyword, schema)) : wholeValue;
}

function patternCost(pattern: string): number {
  return pattern.startsWith('^') ? 1 : PATTERN_CHARACTER * pattern.length;
}

/** How many names a keyword looks for, one after the other. */
function namesIn(keyword: Keyword, { type, required, properties, dependentRequired }: FilterObject): number {
  if (keyword === 'type') return Array.isArray(type) ? type.length : 0;
  if (keyword === 'required') return required?.length ?? 0;
  if (keyword === 'properties') return Object.keys(properties ?? {}).length;
  if (keyword === 'dependentRequired') return Object.entries(dependentRequired ?? {}).flat(2).length;
  return 0;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
