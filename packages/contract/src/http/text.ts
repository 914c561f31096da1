import { z } from 'zod';

/**
 * Whether PostgreSQL can store this text: it knows no NUL, and in jsonb no half of a surrogate pair. Both are refused
 * at the door, as wrong input, rather than failing there or being changed silently.
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/** Free text of at most `max` characters. */
export const text = (max: number) =>
  z.string().max(max).refine(isStorable, 'must not contain NUL characters or halves of surrogate pairs');

/** What a list is searched for. It reads all of the tenant until a page is full: some milliseconds for thousands. */
export const searchText = text(200).min(1).optional();
