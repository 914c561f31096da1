import { CODES_BEFORE_RECEIVER, LATENCY_BUCKET_GROWTH } from '@posthorn/core';
import type pg from 'pg';
import { idFloor } from '../ids/id-floor.js';

const BUCKET = `floor(ln(greatest(a.duration_ms, 1)) / ln(${LATENCY_BUCKET_GROWTH}))::smallint`;

/** The id of an attempt is generated when it ends, at most 30 s, its maximum timeout, after its start. */
const MAX_DURATION = `interval '1 minute'`;

/** Condition on an attempt. The statistics decide about the health and the suspension of webhooks, which faults of Posthorn and of the egress proxy must not change. */
const CONCERNS_RECEIVER = `coalesce(error_code NOT IN ('${CODES_BEFORE_RECEIVER.join(`', '`)}'), true)`;

const AGGREGATE = `
WITH last_attempt AS (
  -- A delivery is settled after the start of its last attempt, unless the clock of the worker was fast.
  SELECT started_at, tenant_id, webhook_id, response_status, error_code, duration_ms, status = 'succeeded' AS delivered FROM settled_delivery
  WHERE id >= $3 AND settled_at >= $5 AND started_at >= $1 AND started_at < $2 AND ${CONCERNS_RECEIVER}
), earlier AS (
  SELECT started_at, tenant_id, webhook_id, response_status, error_code, duration_ms, false AS delivered FROM earlier_attempt
  WHERE id >= posthorn_uuid_floor($1::timestamptz) AND id < posthorn_uuid_floor($2::timestamptz + ${MAX_DURATION})
    AND started_at >= $1 AND started_at < $2 AND ${CONCERNS_RECEIVER}
), attempted AS (
  SELECT date_trunc('minute', a.started_at, 'UTC') AS minute, tenant_id, webhook_id, started_at, response_status, error_code, delivered,
    coalesce(response_status BETWEEN 200 AND 299, false) AS succeeded, CASE WHEN response_status IS NOT NULL THEN ${BUCKET} END AS bucket
  FROM (SELECT * FROM last_attempt UNION ALL SELECT * FROM earlier) AS a
), outcome AS (
  SELECT minute, tenant_id, webhook_id, bucket, succeeded, response_status, error_code, count(*) AS attempts,
    count(*) FILTER (WHERE delivered) AS delivered, max(started_at) AS last_at
  FROM attempted GROUP BY minute, tenant_id, webhook_id, bucket, succeeded, response_status, error_code
), last_outcome AS (
  SELECT DISTINCT ON (minute, webhook_id) minute, webhook_id, response_status AS last_status, error_code AS last_error
  FROM outcome ORDER BY minute, webhook_id, last_at DESC
), last_of_each AS (
  SELECT minute, webhook_id, max(last_at) FILTER (WHERE succeeded) AS succeeded_at, max(last_at) FILTER (WHERE NOT succeeded) AS failed_at
  FROM outcome GROUP BY minute, webhook_id
), at_end AS (
  -- Only of minutes with failures: in the others, all attempts are successes in a row.
  SELECT minute, webhook_id,
    count(*) FILTER (WHERE succeeded_at IS NULL OR started_at > succeeded_at) AS trailing_failures,
    count(*) FILTER (WHERE started_at > failed_at) AS trailing_successes
  FROM last_of_each JOIN attempted USING (minute, webhook_id)
  WHERE failed_at IS NOT NULL
  GROUP BY minute, webhook_id
), bucketed AS (
  SELECT minute, tenant_id, webhook_id, bucket, sum(attempts) AS attempts, sum(attempts) FILTER (WHERE succeeded) AS succeeded,
    sum(delivered) AS delivered
  FROM outcome GROUP BY minute, tenant_id, webhook_id, bucket
), by_webhook AS (
  SELECT minute, tenant_id, webhook_id, sum(attempts) AS attempts, sum(succeeded) AS succeeded, sum(delivered) AS delivered,
    array_agg(bucket ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL) AS buckets,
    array_agg(attempts ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL) AS counts
  FROM bucketed GROUP BY minute, tenant_id, webhook_id
), settled AS (
  -- Those that did not succeed, and those that had succeeded before and were not sent again.
  SELECT date_trunc('minute', settled_at, 'UTC') AS minute, tenant_id, webhook_id,
    count(*) FILTER (WHERE status = 'succeeded') AS delivered_before,
    count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'dropped') AS dropped
  FROM settled_delivery
  WHERE id >= $3 AND (status <> 'succeeded' OR attempt_id IS NULL) AND settled_at >= $1 AND settled_at < $2
    AND status <> 'available' AND reason IS DISTINCT FROM 'shadow'
  GROUP BY 1, 2, 3
), taken AS (
  DELETE FROM stats_late WHERE $5::timestamptz < $1 AND minute >= $1 AND minute < $2
)
INSERT INTO webhook_minute_stats AS existing (
  minute, webhook_id, tenant_id, attempts, succeeded, delivered, failed, dropped, trailing_failures, trailing_successes,
  last_status, last_error, latency_buckets, latency_counts
)
SELECT minute, webhook_id, tenant_id, coalesce(attempts, 0), coalesce(succeeded, 0),
  coalesce(delivered, 0) + coalesce(delivered_before, 0), coalesce(failed, 0),
  coalesce(dropped, 0), coalesce(trailing_failures, 0), coalesce(trailing_successes, succeeded, 0),
  last_status, last_error, coalesce(buckets, '{}'), coalesce(counts, '{}')
FROM by_webhook LEFT JOIN last_outcome USING (minute, webhook_id) LEFT JOIN at_end USING (minute, webhook_id)
FULL JOIN settled USING (minute, tenant_id, webhook_id)
ORDER BY minute, webhook_id -- statements that change the same rows wait for each other instead of deadlocking
ON CONFLICT (minute, webhook_id) DO UPDATE SET attempts = excluded.attempts, succeeded = excluded.succeeded,
  delivered = excluded.delivered, failed = excluded.failed, dropped = excluded.dropped,
  trailing_failures = excluded.trailing_failures, trailing_successes = excluded.trailing_successes,
  last_status = excluded.last_status, last_error = excluded.last_error, latency_buckets = excluded.latency_buckets,
  latency_counts = excluded.latency_counts
WHERE (existing.attempts, existing.succeeded, existing.delivered, existing.failed, existing.dropped)
  IS DISTINCT FROM (excluded.attempts, excluded.succeeded, excluded.delivered, excluded.failed, excluded.dropped)
  -- Without the deliveries of older events, a row may lack some that it already counts.
  AND ($4::boolean OR excluded.attempts >= existing.attempts AND excluded.succeeded >= existing.succeeded
    AND excluded.delivered >= existing.delivered AND excluded.failed >= existing.failed AND excluded.dropped >= existing.dropped)`;

/** A period from one full minute (UTC) to another. */
export interface StatsPeriod {
  from: Date;
  to: Date;
  /**
   * Ignores the outcomes of deliveries whose event is older, and replaces no row by one with a lower count. Without it, the statement
   * reads the deliveries of all days.
   */
  eventsSince?: Date | null;
  /** Attempts were recorded late: also counts those of workers whose clocks are fast, by ten minutes at most. */
  isLate?: boolean;
}

const MAX_FAST_MS = 10 * 60_000;

/**
 * Aggregates statistics per webhook and minute. Idempotent: existing rows are replaced. Returns the number of rows that changed.
 */
export async function aggregateStats(
  pool: pg.Pool,
  { from, to, eventsSince = null, isLate = false }: StatsPeriod,
): Promise<number> {
  const settledSince = isLate ? new Date(from.getTime() - MAX_FAST_MS) : from;
  const parameters = [from, to, idFloor(eventsSince?.getTime() ?? 0), eventsSince === null, settledSince];
  const { rowCount } = await pool.query(AGGREGATE, parameters);
  return rowCount ?? 0;
}
