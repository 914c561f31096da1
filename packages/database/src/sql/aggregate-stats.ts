import { INTERNAL_FAILURE, LATENCY_BUCKET_GROWTH } from '@posthorn/core';
import type pg from 'pg';
import { idFloor } from '../id-floor.js';

const BUCKET = `floor(ln(greatest(a.duration_ms, 1)) / ln(${LATENCY_BUCKET_GROWTH}))::smallint`;

/** The id of an attempt is generated when it ends, at most 30 s, its maximum timeout, after its start. */
const MAX_DURATION = `interval '1 minute'`;

/** Condition on an attempt. The statistics decide about the health and the suspension of webhooks, which a fault of Posthorn must not change. */
const CONCERNS_RECEIVER = `error_code IS DISTINCT FROM '${INTERNAL_FAILURE.code}'`;

const AGGREGATE = `
WITH last_attempt AS (
  -- A delivery is settled after the start of its last attempt.
  SELECT started_at, tenant_id, webhook_id, response_status, error_code, duration_ms FROM settled_delivery
  WHERE id >= $3 AND settled_at >= $1 AND started_at >= $1 AND started_at < $2 AND ${CONCERNS_RECEIVER}
), earlier AS (
  SELECT started_at, tenant_id, webhook_id, response_status, error_code, duration_ms FROM earlier_attempt
  WHERE id >= posthorn_uuid_floor($1::timestamptz) AND id < posthorn_uuid_floor($2::timestamptz + ${MAX_DURATION})
    AND started_at >= $1 AND started_at < $2 AND ${CONCERNS_RECEIVER}
), attempted AS (
  SELECT date_trunc('minute', a.started_at, 'UTC') AS minute, tenant_id, webhook_id, started_at, response_status, error_code,
    coalesce(response_status BETWEEN 200 AND 299, false) AS succeeded, CASE WHEN response_status IS NOT NULL THEN ${BUCKET} END AS bucket
  FROM (SELECT * FROM last_attempt UNION ALL SELECT * FROM earlier) AS a
), outcome AS (
  SELECT minute, tenant_id, webhook_id, bucket, succeeded, response_status, error_code, count(*) AS attempts, max(started_at) AS last_at
  FROM attempted GROUP BY minute, tenant_id, webhook_id, bucket, succeeded, response_status, error_code
), last_outcome AS (
  SELECT DISTINCT ON (minute, webhook_id) minute, webhook_id, response_status AS last_status, error_code AS last_error
  FROM outcome ORDER BY minute, webhook_id, last_at DESC
), last_success AS (
  SELECT minute, webhook_id, max(last_at) AS succeeded_at FROM outcome WHERE succeeded GROUP BY minute, webhook_id
), failures_at_end AS (
  SELECT minute, webhook_id, count(*) AS trailing_failures
  FROM attempted LEFT JOIN last_success USING (minute, webhook_id)
  WHERE NOT succeeded AND (succeeded_at IS NULL OR started_at > succeeded_at)
  GROUP BY minute, webhook_id
), bucketed AS (
  SELECT minute, tenant_id, webhook_id, bucket, sum(attempts) AS attempts, sum(attempts) FILTER (WHERE succeeded) AS succeeded
  FROM outcome GROUP BY minute, tenant_id, webhook_id, bucket
), by_webhook AS (
  SELECT minute, tenant_id, webhook_id, sum(attempts) AS attempts, sum(succeeded) AS succeeded,
    array_agg(bucket ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL) AS buckets,
    array_agg(attempts ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL) AS counts
  FROM bucketed GROUP BY minute, tenant_id, webhook_id
), undelivered AS (
  SELECT date_trunc('minute', settled_at, 'UTC') AS minute, tenant_id, webhook_id,
    count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'dropped') AS dropped
  FROM settled_delivery
  WHERE id >= $3 AND status IN ('failed', 'dropped') AND settled_at >= $1 AND settled_at < $2
    AND reason IS DISTINCT FROM 'shadow'
  GROUP BY 1, 2, 3
)
INSERT INTO webhook_minute_stats AS existing (
  minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, trailing_failures, last_status, last_error,
  latency_buckets, latency_counts
)
SELECT minute, webhook_id, tenant_id, coalesce(attempts, 0), coalesce(succeeded, 0), coalesce(failed, 0), coalesce(dropped, 0),
  coalesce(trailing_failures, 0), last_status, last_error, coalesce(buckets, '{}'), coalesce(counts, '{}')
FROM by_webhook LEFT JOIN last_outcome USING (minute, webhook_id) LEFT JOIN failures_at_end USING (minute, webhook_id)
FULL JOIN undelivered USING (minute, tenant_id, webhook_id)
ON CONFLICT (minute, webhook_id) DO UPDATE SET attempts = excluded.attempts, succeeded = excluded.succeeded,
  failed = excluded.failed, dropped = excluded.dropped, trailing_failures = excluded.trailing_failures,
  last_status = excluded.last_status, last_error = excluded.last_error, latency_buckets = excluded.latency_buckets,
  latency_counts = excluded.latency_counts
WHERE (existing.attempts, existing.succeeded, existing.failed, existing.dropped)
  IS DISTINCT FROM (excluded.attempts, excluded.succeeded, excluded.failed, excluded.dropped)
  -- Without the deliveries of older events, a row may lack some that it already counts.
  AND ($4::boolean OR excluded.attempts >= existing.attempts AND excluded.succeeded >= existing.succeeded
    AND excluded.failed >= existing.failed AND excluded.dropped >= existing.dropped)`;

/** A period from one full minute (UTC) to another. */
export interface StatsPeriod {
  from: Date;
  to: Date;
  /**
   * Ignores the outcomes of deliveries whose event is older, and replaces no row by one with a lower count. Without it, the statement
   * reads the deliveries of all days.
   */
  eventsSince?: Date | null;
}

/**
 * Aggregates statistics per webhook and minute. Idempotent: existing rows are replaced. Returns the number of rows that changed.
 */
export async function aggregateStats(
  pool: pg.Pool,
  { from, to, eventsSince = null }: StatsPeriod,
): Promise<number> {
  const parameters = [from, to, idFloor(eventsSince?.getTime() ?? 0), eventsSince === null];
  const { rowCount } = await pool.query(AGGREGATE, parameters);
  return rowCount ?? 0;
}
