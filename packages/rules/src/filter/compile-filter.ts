import type { FieldError } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { checkFilter } from './check-filter.js';
import { compileSchema } from './compile-schema.js';
import type { FilterSchema } from './filter-schema.js';
import { type Matcher, NOTHING } from './matcher.js';

/** A compiled payload filter of a webhook. */
export interface Filter {
  matches: (data: unknown) => boolean;
  /** Returns the first violation in the data, or null when the data matches. */
  violation: (data: unknown) => FieldError | null;
}

/** Compiles a stored filter. An invalid filter matches nothing. */
export function compileFilter(filter: unknown): Filter {
  const { matches, violation } = filterMatcher(filter);
  return { matches, violation: (data) => (matches(data) ? null : violation(data, 'data')) };
}

function filterMatcher(filter: unknown): Matcher {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checkFilter found no errors
  return checkFilter(filter).length > 0 ? NOTHING : compileSchema(filter as FilterSchema);
}

/** Most characters of filter text in the cache. */
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
