/**
 * SQL about the outcomes of webhooks that have been failing, for auto-suspension. It reads the statistics by the minute, which
 * are aggregated from all recorded attempts, so its cost does not grow with the number of deliveries.
 */

/** Calculated in hours because a day can have 23 or 25 hours when daylight saving time changes. */
export const SUSPENDS_AT = 'w.failing_since + make_interval(hours => 24 * w.auto_suspend_after_days)';
export const WARNS_AT = 'w.failing_since + make_interval(hours => 12 * w.auto_suspend_after_days)';

/**
 * Returns the condition that webhook `w` has a failed attempt after `moment`. One minute later, because `successesSince` may
 * not see a success in the minute in which the webhook started failing.
 */
export const failedAfter = (moment: string): string => `EXISTS (
  SELECT FROM webhook_minute_stats s
  WHERE s.webhook_id = w.id AND s.minute >= ${moment} + interval '1 minute' AND s.attempts > s.succeeded
)`;

/** Returns a FROM clause with the minutes `s` in which webhook $1 had a success, except the minute that contains `since`. */
export const successesSince = (since: string): string => `
  FROM webhook_minute_stats s WHERE s.webhook_id = $1 AND s.minute >= ${since} AND s.succeeded > 0`;

/** Condition: webhook `w` is still failing since $4, without a single success. The attempts decide, not the workers' reports. */
export const ONLY_FAILURES = `w.failing_since = $4 AND NOT EXISTS (SELECT ${successesSince('$4::timestamptz')})`;
