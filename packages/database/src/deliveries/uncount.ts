/**
 * Returns WITH queries that subtract deliveries from the statistics of the minutes in which they were settled. `removed` are their
 * rows, which were deleted from settled_delivery. A minute that is still aggregated again is counted from the rows that are left.
 */
export const uncount = (removed: string): string => `settled_before AS MATERIALIZED (
  SELECT date_trunc('minute', CASE WHEN status = 'succeeded' AND attempt_id IS NOT NULL THEN started_at ELSE settled_at END, 'UTC') AS minute, webhook_id,
    count(*) FILTER (WHERE status = 'succeeded') AS delivered, count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'dropped' AND reason IS DISTINCT FROM 'shadow') AS dropped
  FROM ${removed} GROUP BY 1, 2
), locked_stats AS MATERIALIZED (
  -- Ordered: statements that change the same rows wait for each other instead of deadlocking.
  SELECT s.minute, s.webhook_id FROM settled_before JOIN webhook_minute_stats s USING (minute, webhook_id)
  ORDER BY s.minute, s.webhook_id
  FOR NO KEY UPDATE OF s
), uncounted AS (
  UPDATE webhook_minute_stats s SET delivered = greatest(s.delivered - c.delivered, 0), failed = greatest(s.failed - c.failed, 0),
    dropped = greatest(s.dropped - c.dropped, 0)
  FROM settled_before c JOIN locked_stats USING (minute, webhook_id)
  WHERE s.minute = c.minute AND s.webhook_id = c.webhook_id
)`;
