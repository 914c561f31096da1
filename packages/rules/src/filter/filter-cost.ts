import {
  type FilterObject,
  type FilterSchema,
  type Keyword,
  keywordsOf,
  subschemas,
} from './filter-schema.js';

/** Highest cost of a filter. A cost of 1 is at most about half a millisecond, for the largest possible event. */
export const MAX_FILTER_COST = 100;

/** Keywords that read the whole value, up to the largest event. */
const WHOLE_VALUE: { [K in Keyword]?: number } = {
  items: 1,
  contains: 1,
  // Counts surrogate pairs.
  minLength: 2,
  maxLength: 2,
  additionalProperties: 24,
  minProperties: 24,
  maxProperties: 24,
};

/** Cost of a keyword, and of each name that it looks up, when it is evaluated for every item of a value. */
const PER_ITEM = 6;

/** Additional cost of a keyword for every item. Multiples of decimals are compared digit by digit when the value is large. */
const PER_ITEM_EXTRA: { [K in Keyword]?: number } = { multipleOf: 80 };

/** Costs of the elements of a pattern, which is tried at every position of a string unless it is anchored. */
const PATTERN_CHARACTER = 2;
/** `.` matches most surrogate pairs and other characters beyond Latin-1, which takes three times as long. */
const PATTERN_DOT = 4;

/**
 * Returns the highest cost of a filter for any event. No schema is evaluated twice against the same value, so only
 * schemas that apply to the same value add up; schemas for different parts of it do not.
 */
export function filterCost(schema: FilterSchema, perItem = false): number {
  if (typeof schema === 'boolean') return 0;
  const own = sum(keywordsOf(schema).map((keyword) => keywordCost(keyword, schema, perItem)));
  let [itself, parts, contained] = [0, 0, 0];
  for (const sub of keywordsOf(schema).flatMap((keyword) => subschemas(schema, keyword))) {
    const cost = filterCost(sub.schema, perItem || sub.appliesTo === 'each item');
    if (sub.appliesTo === 'itself') itself += cost;
    // `contains` reads the same items as `items` and `prefixItems`.
    else if (sub.keyword === 'contains') contained += cost;
    else parts = Math.max(parts, cost);
  }
  return itself + Math.max(own, parts + contained);
}

function keywordCost(keyword: Keyword, schema: FilterObject, perItem: boolean): number {
  const wholeValue = keyword === 'pattern' ? patternCost(schema.pattern ?? '') : (WHOLE_VALUE[keyword] ?? 0);
  if (!perItem) return wholeValue;
  return wholeValue + PER_ITEM * (1 + nameCount(keyword, schema)) + (PER_ITEM_EXTRA[keyword] ?? 0);
}

/** Counts Unicode characters, because a surrogate pair is one character for the regular expression, too. */
function patternCost(pattern: string): number {
  if (pattern.startsWith('^')) return 1;
  return sum(Array.from(pattern, (character) => (character === '.' ? PATTERN_DOT : PATTERN_CHARACTER)));
}

/** Returns how many names a keyword looks up, one after the other. */
function nameCount(
  keyword: Keyword,
  { type, required, properties, dependentRequired }: FilterObject,
): number {
  if (keyword === 'type') return Array.isArray(type) ? type.length : 0;
  if (keyword === 'required') return required?.length ?? 0;
  if (keyword === 'properties') return Object.keys(properties ?? {}).length;
  if (keyword === 'dependentRequired') return Object.entries(dependentRequired ?? {}).flat(2).length;
  return 0;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
