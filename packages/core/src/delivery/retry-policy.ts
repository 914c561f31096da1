const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Seconds to wait after each failure, unless the webhook has its own: eight attempts over about 28 hours. */
export const DEFAULT_RETRY_SCHEDULE = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];

/** The longest that a `Retry-After` is obeyed, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR;

/** Retries further away than this wait in PostgreSQL instead of Redis, in milliseconds. */
export const PARK_AFTER_MS = 10 * MINUTE;

const JITTER = 0.2;

/**
 * Milliseconds until the attempt after number `attempt` (1 is the first), spread by ±20 % so that webhooks that failed
 * together do not come back together; null when the schedule is used up.
 */
export function retryDelayMs(
  attempt: number,
  scheduleSeconds: readonly number[],
  random: () => number,
): number | null {
  const seconds = scheduleSeconds[attempt - 1];
  if (seconds === undefined) return null;
  return Math.round(seconds * SECOND * (1 - JITTER + 2 * JITTER * random()));
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`. Date.parse alone reads a year into nearly anything. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), or null if unreadable. */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null;
  const asked = askedMs(header.trim(), now);
  if (Number.isNaN(asked)) return null;
  return Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS);
}

function askedMs(value: string, now: Date): number {
  if (/^\d+$/.test(value)) return Number(value) * SECOND;
  return HTTP_DATE.test(value) ? Date.parse(value) - now.getTime() : Number.NaN;
}
