import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from '@posthorn/core';

/**
 * Returns the `Retry-After` header of a response, null if it has none. A date is converted to seconds from the response's `Date`,
 * both of which are by the clock of the receiver.
 */
export function readRetryAfter(headers: Pick<IncomingHttpHeaders, 'retry-after' | 'date'>): string | null {
  const retryAfter = headers['retry-after'] ?? null;
  const until = parseHttpDate(retryAfter);
  if (!until) return retryAfter;
  const now = parseHttpDate(headers.date ?? null);
  if (!now) return retryAfter;
  return String(Math.max((until.getTime() - now.getTime()) / 1000, 0));
}
