const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Default delay after each failed attempt, in seconds: eight attempts within about 28 hours. */
export const DEFAULT_RETRY_SCHEDULE = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];

/** Upper limit for a `Retry-After` header, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR;

/** Retries with a longer delay than this are parked in PostgreSQL instead of Redis, in milliseconds. */
export const PARK_AFTER_MS = 10 * MINUTE;

/** A delivery with this many attempts cannot be retried or replayed. */
export const MAX_ATTEMPTS = 1000;

/** Delay of a delivery that blocks others beyond a schedule without retries, in seconds. */
const BLOCKED_DELAY = 60;

/** Spreads retries of deliveries that failed at the same time. A share of the delay, in both directions. */
const JITTER = 0.2;

/**
 * Returns the delay before the next attempt, in milliseconds with ±20 % jitter, or null when the schedule is exhausted.
 *
 * @param scheduledAttempts the number of attempts so far that are part of the schedule
 */
export function retryDelayMs(
  scheduledAttempts: number,
  scheduleSeconds: readonly number[],
  random: () => number,
): number | null {
  const seconds = scheduleSeconds[scheduledAttempts - 1];
  return seconds === undefined ? null : withJitter(seconds, random);
}

/**
 * Returns the delay of a delivery whose schedule is exhausted and that blocks others, in milliseconds: the last one of the schedule, with
 * jitter. After half of the attempts that a delivery may have, the others are spread over the time until it stops blocking them, `leftMs`.
 */
export function blockedDelayMs(
  { attempt, leftMs }: { attempt: number; leftMs: number },
  scheduleSeconds: readonly number[],
  random: () => number,
): number {
  const evenMs = Math.ceil(leftMs / Math.max(MAX_ATTEMPTS - attempt, 1));
  const leastMs = attempt > MAX_ATTEMPTS / 2 ? evenMs : 0;
  return Math.max(withJitter(scheduleSeconds.at(-1) ?? BLOCKED_DELAY, random), leastMs);
}

const withJitter = (seconds: number, random: () => number): number =>
  Math.round(seconds * SECOND * (1 - JITTER + 2 * JITTER * random()));

/** `Sun, 06 Nov 1994 08:49:37 GMT`. Date.parse alone is too lenient: it accepts nearly any text with a number. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Parses a `Retry-After` header (RFC 9110, section 10.2.3: seconds or a date). Returns milliseconds from `now`, between
 * 0 and `MAX_RETRY_AFTER_MS`, or null if the header is missing or invalid.
 */
export function retryAfterMs(header: string | null, now: Date): number | null {
  if (header === null) return null;
  const ms = parseRetryAfter(header.trim(), now);
  if (Number.isNaN(ms)) return null;
  return Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function parseRetryAfter(value: string, now: Date): number {
  if (/^\d+$/.test(value)) return Number(value) * SECOND;
  return (parseHttpDate(value)?.getTime() ?? Number.NaN) - now.getTime();
}

/** Parses an HTTP date (RFC 9110, section 5.6.7). Returns null if it is missing or invalid. */
export function parseHttpDate(value: string | null): Date | null {
  if (value === null || !HTTP_DATE.test(value)) return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}
