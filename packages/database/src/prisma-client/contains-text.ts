import { escapeLike } from './escape-like.js';

export interface ContainsText {
  contains: string;
  mode: 'insensitive';
}

/** Returns a case-insensitive substring filter. */
export function containsText(text: string): ContainsText {
  return { contains: escapeLike(text), mode: 'insensitive' };
}
