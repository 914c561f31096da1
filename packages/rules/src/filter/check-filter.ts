import { isJsonObject, type JsonObject } from '@posthorn/contract';
import { errorAt, type FieldError, fieldError } from '@posthorn/core';
import { filterCost, MAX_FILTER_COST } from './filter-cost.js';
import { type FilterSchema, subschemas } from './filter-schema.js';
import { isKeyword, keywordError } from './keyword-values.js';

/** Deepest nesting of schemas, the filter itself included. */
const MAX_FILTER_DEPTH = 10;

/** Maximum number of errors reported for one filter. */
const MAX_ERRORS = 20;

/** Returns the errors of a filter, or an empty array when it is valid. */
export function checkFilter(filter: unknown): FieldError[] {
  const errors = schemaErrors(filter, 'filter', MAX_FILTER_DEPTH).slice(0, MAX_ERRORS);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has no errors
  return errors.length > 0 ? errors : costErrors(filter as FilterSchema);
}

/** Returns the cost of a valid filter: the most that evaluating it can take, in units of at most half a millisecond. */
export function costOfFilter(filter: JsonObject): number {
  return filterCost(filter);
}

function schemaErrors(schema: unknown, path: string, depth: number): FieldError[] {
  if (typeof schema === 'boolean') return [];
  if (!isJsonObject(schema)) return [fieldError(path, 'not_schema')];
  if (depth === 0) return [fieldError(path, 'filter_too_deep', { max: MAX_FILTER_DEPTH })];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const keywordPath = `${path}.${keyword}`;
    if (!isKeyword(keyword)) return [fieldError(keywordPath, 'unknown_keyword')];
    const problem = keywordError(keyword, value);
    if (problem !== null) return [errorAt(keywordPath, problem)];
    return subschemas(schema, keyword).flatMap((sub) =>
      schemaErrors(sub.schema, keywordPath + sub.suffix, depth - 1),
    );
  });
}

function costErrors(filter: FilterSchema): FieldError[] {
  const cost = filterCost(filter);
  return cost > MAX_FILTER_COST
    ? [fieldError('filter', 'filter_too_expensive', { cost, limit: MAX_FILTER_COST })]
    : [];
}
