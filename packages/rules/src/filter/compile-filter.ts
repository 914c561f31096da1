import type { FieldError } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { checkFilter } from './check-filter.js';
import { compileSchema } from './compile-schema.js';
import { filterCost } from './filter-cost.js';
import type { FilterSchema } from './filter-schema.js';

/** A compiled payload filter of a webhook. */
export interface Filter {
  matches: (data: unknown) => boolean;
  /** Returns the first violation in the data, or null when the data matches. */
  violation: (data: unknown) => FieldError | null;
  /** The most that evaluating it can take, in units of at most half a millisecond. */
  cost: number;
}

/** Compiles a stored filter. An invalid filter matches nothing. */
export function compileFilter(filter: unknown): Filter {
  const schema = toSchema(filter);
  const { matches, violation } = compileSchema(schema);
  return {
    matches,
    violation: (data) => (matches(data) ? null : violation(data, 'data')),
    cost: filterCost(schema),
  };
}

function toSchema(filter: unknown): FilterSchema {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checkFilter found no errors
  return checkFilter(filter).length > 0 ? false : (filter as FilterSchema);
}

/** Maximum number of characters of filter text in the cache. */
const MAX_CACHED_CHARACTERS = 4 * 1024 * 1024;

/** Creates a cache of compiled filters, keyed by their JSON text. A changed filter is therefore compiled again. */
export function createFilterCache(): (text: string) => Filter {
  const cache = new LRUCache<string, Filter>({
    maxSize: MAX_CACHED_CHARACTERS,
    sizeCalculation: (_filter, text) => text.length,
  });
  return (text) => {
    const cached = cache.get(text);
    if (cached) return cached;
    const filter = compileFilter(JSON.parse(text));
    cache.set(text, filter);
    return filter;
  };
}
