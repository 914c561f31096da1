/** SQL about the attempts of webhooks that have been failing, for auto-suspension. */

export const SUCCEEDED = 'a.response_status BETWEEN 200 AND 299';

/** A delivery may be created this long before its first attempt. */
const MAX_WAIT = `interval '1 day'`;

/** Tolerance for clock differences, and for requests in flight whose attempts are recorded later. */
const MARGIN = `interval '1 hour'`;

/** Calculated in hours because a day can have 23 or 25 hours when daylight saving time changes. */
export const SUSPENDS_AT = 'w.failing_since + make_interval(hours => 24 * w.auto_suspend_after_days)';
export const WARNS_AT = 'w.failing_since + make_interval(hours => 12 * w.auto_suspend_after_days)';

/**
 * Returns the condition that a delivery created since webhook `w` started failing has failed at or after `moment`. Reads the
 * newest deliveries first, so it returns immediately for a webhook that still gets events.
 */
export const failedAt = (moment: string): string => `EXISTS (
  SELECT FROM (
    SELECT d.id FROM delivery d
    WHERE d.webhook_id = w.id AND d.id >= posthorn_uuid_floor(w.failing_since - ${MAX_WAIT})
      AND (d.settled_at IS NULL OR d.settled_at >= ${moment} - ${MARGIN})
    ORDER BY d.id DESC
  ) AS d
  CROSS JOIN LATERAL (
    SELECT FROM attempt a
    WHERE a.delivery_id = d.id AND a.id >= posthorn_uuid_floor(${moment}) AND (${SUCCEEDED}) IS NOT TRUE
    LIMIT 1
  ) AS a
)`;

/** Returns a FROM clause with the attempts `a` of webhook $1 since `since`. The last attempt of a settled delivery is when it settled. */
export const attemptsSince = (since: string): string => `
  FROM delivery d JOIN attempt a ON a.delivery_id = d.id
  WHERE d.webhook_id = $1 AND (d.settled_at IS NULL OR d.settled_at >= ${since} - ${MARGIN})
    AND a.id >= posthorn_uuid_floor(${since})`;

/** Condition: webhook `w` is still failing since $4, without a single success. The attempts decide, not the workers' reports. */
export const ONLY_FAILURES = `w.failing_since = $4 AND NOT EXISTS (SELECT ${attemptsSince('$4::timestamptz')} AND ${SUCCEEDED})`;
