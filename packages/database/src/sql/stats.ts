import { LATENCY_BUCKET_GROWTH } from '@posthorn/core';
import type pg from 'pg';
import { CHUNK, deleteInChunks } from './delete-in-chunks.js';

const BUCKET = `floor(ln(greatest(a.duration_ms, 1)) / ln(${LATENCY_BUCKET_GROWTH}))::smallint`;

/** The id of an attempt is made when it ends: at most its time limit of 30 s after its start. */
const LONGEST = `interval '1 minute'`;

const COUNT = `
WITH attempted AS (
  SELECT date_trunc('minute', a.started_at, 'UTC') AS minute, d.tenant_id, d.webhook_id,
    a.response_status BETWEEN 200 AND 299 AS succeeded, CASE WHEN a.response_status IS NOT NULL THEN ${BUCKET} END AS bucket
  FROM attempt a
  -- One look into the one partition of each delivery, however many there are.
  CROSS JOIN LATERAL (SELECT d.tenant_id, d.webhook_id FROM delivery d WHERE d.id = a.delivery_id LIMIT 1) AS d
  WHERE a.id >= posthorn_uuid_floor($1::timestamptz) AND a.id < posthorn_uuid_floor($2::timestamptz + ${LONGEST})
    AND a.started_at >= $1 AND a.started_at < $2
), bucketed AS (
  SELECT minute, tenant_id, webhook_id, bucket, count(*) AS attempts, count(*) FILTER (WHERE succeeded) AS succeeded
  FROM attempted GROUP BY minute, tenant_id, webhook_id, bucket
), tried AS (
  SELECT minute, tenant_id, webhook_id, sum(attempts) AS attempts, sum(succeeded) AS succeeded,
    array_agg(bucket ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL) AS buckets,
    array_agg(attempts ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL) AS counts
  FROM bucketed GROUP BY minute, tenant_id, webhook_id
), not_delivered AS (
  SELECT date_trunc('minute', settled_at, 'UTC') AS minute, tenant_id, webhook_id,
    count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'dropped') AS dropped
  FROM delivery
  WHERE status IN ('failed', 'dropped') AND settled_at >= $1 AND settled_at < $2
  GROUP BY 1, 2, 3
)
INSERT INTO webhook_minute_stats AS known (
  minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, latency_buckets, latency_counts
)
SELECT minute, webhook_id, tenant_id, coalesce(attempts, 0), coalesce(succeeded, 0), coalesce(failed, 0),
  coalesce(dropped, 0), coalesce(buckets, '{}'), coalesce(counts, '{}')
FROM tried FULL JOIN not_delivered USING (minute, tenant_id, webhook_id)
ON CONFLICT (minute, webhook_id) DO UPDATE SET attempts = excluded.attempts, succeeded = excluded.succeeded,
  failed = excluded.failed, dropped = excluded.dropped, latency_buckets = excluded.latency_buckets,
  latency_counts = excluded.latency_counts
WHERE (known.attempts, known.succeeded, known.failed, known.dropped)
  IS DISTINCT FROM (excluded.attempts, excluded.succeeded, excluded.failed, excluded.dropped)`;

/** Counts what became of deliveries from one whole minute, in UTC, to another. May be repeated: what is known is replaced. */
export async function aggregateStats(pool: pg.Pool, { from, to }: { from: Date; to: Date }): Promise<void> {
  await pool.query(COUNT, [from, to]);
}

/** The last minute of which something is counted. */
export async function readLastStatsMinute(pool: pg.Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ minute: Date | null }>(
    'SELECT max(minute) AS minute FROM webhook_minute_stats',
  );
  return rows[0]?.minute ?? null;
}

const DELETE = `
DELETE FROM webhook_minute_stats WHERE (minute, webhook_id) IN (
  SELECT minute, webhook_id FROM webhook_minute_stats WHERE minute < $1 LIMIT ${CHUNK}
)`;

/** Deletes what was counted before `cutoff`, and answers how many rows. */
export async function deleteExpiredStats(pool: pg.Pool, cutoff: Date): Promise<number> {
  return deleteInChunks(pool, DELETE, [cutoff]);
}
