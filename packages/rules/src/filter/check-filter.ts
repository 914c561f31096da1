import { isJsonObject, type JsonObject } from '@posthorn/contract';
import type { FieldError } from '@posthorn/core';
import { filterCost, MAX_FILTER_COST } from './filter-cost.js';
import { type FilterSchema, subschemas } from './filter-schema.js';
import { isKeyword, keywordError } from './keyword-values.js';

/** Deepest nesting of schemas, the filter itself included. */
export const MAX_FILTER_DEPTH = 10;

/** Maximum number of errors reported for one filter, and maximum length of a path. Paths contain property names chosen by the client. */
const MAX_ERRORS = 20;
const MAX_PATH_LENGTH = 200;

/** Returns the errors of a filter, or an empty array when it is valid. */
export function checkFilter(filter: unknown): FieldError[] {
  const errors = schemaErrors(filter, 'filter', MAX_FILTER_DEPTH)
    .slice(0, MAX_ERRORS)
    .map(({ path, message }) => ({ path: path.slice(0, MAX_PATH_LENGTH), message }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has no errors
  return errors.length > 0 ? errors : costErrors(filter as FilterSchema);
}

/** Returns the cost of a valid filter: the most that evaluating it can take, in units of at most half a millisecond. */
export function costOfFilter(filter: JsonObject): number {
  return filterCost(filter);
}

function schemaErrors(schema: unknown, path: string, depth: number): FieldError[] {
  if (typeof schema === 'boolean') return [];
  if (!isJsonObject(schema)) return [{ path, message: 'must be a schema: an object, true or false' }];
  if (depth === 0) return [{ path, message: `must not be nested more than ${MAX_FILTER_DEPTH} levels deep` }];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    const keywordPath = `${path}.${keyword}`;
    if (!isKeyword(keyword)) return [{ path: keywordPath, message: 'is not a keyword that filters support' }];
    const message = keywordError(keyword, value);
    if (message !== null) return [{ path: keywordPath, message }];
    return subschemas(schema, keyword).flatMap((sub) =>
      schemaErrors(sub.schema, keywordPath + sub.suffix, depth - 1),
    );
  });
}

function costErrors(filter: FilterSchema): FieldError[] {
  const cost = filterCost(filter);
  if (cost <= MAX_FILTER_COST) return [];
  return [
    {
      path: 'filter',
      message: `is too expensive to evaluate: it costs ${cost}, and the limit is ${MAX_FILTER_COST}`,
    },
  ];
}
