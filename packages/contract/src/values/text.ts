import { z } from 'zod';
import { rule } from './rule.js';

/**
 * Returns whether PostgreSQL can store a text. It rejects NUL characters, and in jsonb unpaired surrogates. Both are
 * rejected as invalid input, so they neither fail in the database nor get changed silently.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/** A text of at most `max` characters. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine(isStorable, rule('not_storable'))
    .meta({ pattern: String.raw`^[^\u0000]*$` });

/** A search term of a list. A search scans the rows of the tenant until a page is full: a few ms for thousands of rows. */
export const searchText = text(200).min(1).optional();

/** A boolean in a query. */
export const queryBoolean = z
  .string()
  .refine((value) => value === 'true' || value === 'false', rule('one_of', { choices: 'true, false' }))
  .transform((value) => value === 'true')
  .meta({ type: 'boolean' });
