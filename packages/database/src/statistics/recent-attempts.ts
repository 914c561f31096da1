import { LATENCY_BUCKET_GROWTH } from '@posthorn/core';

/** The period whose attempts decide about the health of a webhook. */
export const HEALTH_PERIOD = `interval '10 minutes'`;

/**
 * SQL: summarizes the last attempts of webhook `w` since its activation, from the statistics by the minute. Always returns one row.
 * Reads at most 10 rows: that many minutes are in the period, and each row has at least one attempt.
 *
 * - `last_minute`, `last_status`, `last_error`: when the last attempt started, and its result; null without attempts
 * - `failures_in_a_row`, `successes_in_a_row`: failed attempts after the last success, and the reverse; exact up to 10
 * - `failure_rate`: the share of failed attempts in the period that ends with the last attempt, 0 to 1; null without attempts
 */
export const RECENT_ATTEMPTS = `(
  SELECT max(minute) AS last_minute,
    max(last_status) FILTER (WHERE minute = newest) AS last_status, max(last_error) FILTER (WHERE minute = newest) AS last_error,
    coalesce(sum(trailing_failures) FILTER (WHERE newer_successes = 0), 0) AS failures_in_a_row,
    coalesce(sum(trailing_successes) FILTER (WHERE newer_failures = 0), 0) AS successes_in_a_row,
    sum(attempts - succeeded) FILTER (WHERE minute > newest - ${HEALTH_PERIOD})::float8
      / sum(attempts) FILTER (WHERE minute > newest - ${HEALTH_PERIOD}) AS failure_rate
  FROM (
    SELECT *, max(minute) OVER () AS newest,
      coalesce(sum(succeeded) OVER newer, 0) AS newer_successes,
      coalesce(sum(attempts - succeeded) OVER newer, 0) AS newer_failures
    FROM (
      SELECT minute, attempts, succeeded, trailing_failures, trailing_successes, last_status, last_error FROM webhook_minute_stats s
      WHERE s.webhook_id = w.id AND s.attempts > 0
        AND s.minute >= date_trunc('minute', greatest(w.active_since, w.validated_at), 'UTC')
      ORDER BY s.minute DESC LIMIT 10
    ) AS last_minutes
    WINDOW newer AS (ORDER BY minute DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ) AS marked
)`;

/** SQL: the middle of a bucket of a latency histogram, in milliseconds. Numeric powers would take many times longer. */
export const BUCKET_MS = `power(${LATENCY_BUCKET_GROWTH}::float8, bucket + 0.5::float8)`;

/** SQL: the average response time of webhook `w` in the last 10 minutes with attempts, in milliseconds; null without responses. */
export const AVERAGE_MS = `(
  SELECT sum(responses * ${BUCKET_MS}) / nullif(sum(responses), 0)
  FROM (
    SELECT latency_buckets, latency_counts FROM webhook_minute_stats s
    WHERE s.webhook_id = w.id AND s.attempts > 0 ORDER BY s.minute DESC LIMIT 10
  ) AS last_minutes, unnest(latency_buckets, latency_counts) AS latency (bucket, responses)
)`;

/** SQL: the minute of the last attempt of webhook `w`; null without attempts. */
export const LAST_ATTEMPT_AT = `(
  SELECT s.minute FROM webhook_minute_stats s WHERE s.webhook_id = w.id AND s.attempts > 0 ORDER BY s.minute DESC LIMIT 1
)`;

/** SQL: the oldest pending delivery of webhook `w`; null without one. */
export const OLDEST_PENDING_ID = `(
  SELECT d.id FROM pending_delivery d WHERE d.webhook_id = w.id ORDER BY d.id LIMIT 1
)`;
