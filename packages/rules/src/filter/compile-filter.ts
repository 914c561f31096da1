import type { FieldError } from '@posthorn/core';
import { LRUCache } from 'lru-cache';
import { checkFilter } from './check-filter.js';
import { NOTHING, type Rule } from './matcher.js';
import type { FilterSchema } from './filter-schema.js';
import { compileSchema } from './compile-schema.js';

/** A filter that is ready to be asked: whether its webhook gets an event with that data, and if not, why. */
export interface Filter {
  matches: (data: unknown) => boolean;
  /** The first part of the data that does not fit; null when all does. */
  violation: (data: unknown) => FieldError | null;
}

/** Makes a filter ready, as it was stored. What could not have been stored fits nothing. */
export function compileFilter(filter: unknown): Filter {
  const { matches, violation } = filterRule(filter);
  return { matches, violation: (data) => (matches(data) ? null : violation(data, 'data')) };
}

function filterRule(filter: unknown): Rule {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was checked just now
  return checkFilter(filter).length > 0 ? NOTHING : compileSchema(filter as FilterSchema);
}

/** Most characters of filters whose compiled form is kept. */
const KEPT_CHARACTERS = 4 * 1024 * 1024;

/** Filters by their text in JSON, so that a changed one is simply another one. Compiled ones are kept. */
export function createFilterCache(): (text: string) => Filter {
  const compiled = new LRUCache<string, Filter>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_filter, text) => text.length,
  });
  return (text) => {
    const kept = compiled.get(text);
    if (kept) return kept;
    const filter = compileFilter(JSON.parse(text));
    compiled.set(text, filter);
    return filter;
  };
}
