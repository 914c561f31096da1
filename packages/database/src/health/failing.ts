/**
 * SQL about the outcomes of webhooks that have been failing, for auto-suspension. It reads the statistics by the minute, which
 * are aggregated from all recorded attempts, so its cost does not grow with the number of deliveries.
 */

/** How much of the time to the suspension has passed when the owners of a failing webhook are warned, in percent. Latest first. */
export const WARNING_PERCENTAGES = [90, 75, 50] as const;

const MINUTES_PER_DAY = 1440;

/**
 * Returns the time at which webhook `w` has been failing for `percent` of the time to its suspension. Calculated in minutes because
 * a day can have 23 or 25 hours when daylight saving time changes.
 */
export const failingFor = (percent: number): string =>
  `w.failing_since + make_interval(mins => ${(MINUTES_PER_DAY * percent) / 100} * w.auto_suspend_after_days)`;

export const SUSPENDS_AT = failingFor(100);

/**
 * Returns the condition that webhook `w` has a failed attempt after `moment`. One minute later, because `successesSince` may
 * not see a success in the minute in which the webhook started failing.
 */
export const failedAfter = (moment: string): string => `EXISTS (
  SELECT FROM webhook_minute_stats s
  WHERE s.webhook_id = w.id AND s.minute >= ${moment} + interval '1 minute' AND s.attempts > s.succeeded
)`;

/** Returns a FROM clause with the minutes `s` in which a webhook had a success, except the minute that contains `since`. */
export const successesSince = ({ webhookId, since }: { webhookId: string; since: string }): string => `
  FROM webhook_minute_stats s WHERE s.webhook_id = ${webhookId} AND s.minute >= ${since} AND s.succeeded > 0`;

/**
 * Returns the condition that webhook `w`, whose id is a parameter, is still failing since a time, without a single success. The attempts
 * decide, not the workers' reports.
 */
export const hasOnlyFailures = ({ webhookId, since }: { webhookId: string; since: string }): string =>
  `w.failing_since = ${since} AND NOT EXISTS (SELECT ${successesSince({ webhookId, since: `${since}::timestamptz` })})`;
