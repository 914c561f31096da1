import { escapeLike } from '../prisma-client/escape-like.js';

/** What a part of a search may return. */
export interface SearchScope {
  /** Null for all tenants. */
  tenantId: string | null;
  /** One more than the number of results that are shown, so that the last one shows that there are more. */
  limit: number;
}

/** Maximum duration of each statement of a search, in milliseconds. */
export const SEARCH_TIMEOUT_MS = 2000;

/** A shorter text would be part of nearly everything. */
const MIN_PART_LENGTH = 3;

/** Returns the pattern for ILIKE that finds a text as a part of others, or, if it is very short, only as a whole. */
export function containing(text: string): string {
  const escaped = escapeLike(text);
  return text.length < MIN_PART_LENGTH ? escaped : `%${escaped}%`;
}
