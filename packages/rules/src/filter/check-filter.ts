import { isJsonObject } from '@posthorn/contract';
import type { FieldError } from '@posthorn/core';
import { keywordError, isKeyword } from './keyword-values.js';
import { filterCost, MAX_FILTER_COST } from './filter-cost.js';
import { type FilterSchema, heldSchemas } from './filter-schema.js';

/** Most schemas in each other; the filter itself is the first. */
export const MAX_FILTER_DEPTH = 10;

/** Most faults that are told of one filter, and longest path to one: its names are whatever the client sent. */
const MAX_FAULTS = 20;
const MAX_PATH_LENGTH = 200;

/** Why a JSON object cannot be a filter, a line for each place; empty when it can. */
export function checkFilter(filter: unknown): FieldError[] {
  const faults = schemaFaults(filter, 'filter', MAX_FILTER_DEPTH)
    .slice(0, MAX_FAULTS)
    .map(({ path, message }) => ({ path: path.slice(0, MAX_PATH_LENGTH), message }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has no faults
  return faults.length > 0 ? faults : costFaults(filter as FilterSchema);
}

function schemaFaults(schema: unknown, path: string, depth: number): FieldError[] {
  if (typeof schema === 'boolean') return [];
  if (!isJsonObject(schema)) return [{ path, message: 'must be a schema: an object, true or false' }];
  if (depth === 0) return [{ path, message: `must not be nested deeper than ${MAX_FILTER_DEPTH} schemas` }];
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    const place = `${path}.${keyword}`;
    if (!isKeyword(keyword)) return [{ path: place, message: 'is not a keyword that filters have' }];
    const message = keywordError(keyword, argument);
    if (message !== null) return [{ path: place, message }];
    return heldSchemas(schema, keyword).flatMap((held) =>
      schemaFaults(held.schema, place + held.suffix, depth - 1),
    );
  });
}

function costFaults(filter: FilterSchema): FieldError[] {
  const cost = filterCost(filter);
  if (cost <= MAX_FILTER_COST) return [];
  return [
    { path: 'filter', message: `could take too long: it costs ${cost}, and may cost ${MAX_FILTER_COST}` },
  ];
}
