import type pg from 'pg';
import { HEALTH_PERIOD, RECENT_ATTEMPTS } from '../statistics/recent-attempts.js';

/** This many attempts in a row with the same result decide about the health, whatever the failure rate. */
const DECISIVE_RUN = 5;

/** Condition on the recent attempts `r`: without a later attempt, a webhook stops failing only if the last one succeeded. */
const IS_FAILING = `r.failures_in_a_row >= ${DECISIVE_RUN}
  OR r.failure_rate > 0.5 AND r.successes_in_a_row < ${DECISIVE_RUN}
    AND (r.failures_in_a_row > 0 OR r.last_minute > now() - ${HEALTH_PERIOD})`;

const UPDATE = `
WITH throttled AS MATERIALIZED (
  -- Without a list, those that were throttled before.
  SELECT DISTINCT id FROM unnest(coalesce($2::uuid[], ARRAY(SELECT id FROM webhook WHERE health = 'throttled'))) AS t (id)
), candidate AS MATERIALIZED (
  SELECT id, active_since, validated_at FROM webhook WHERE status = 'active' AND id IN (
    -- Without a failed attempt since then, no rule can apply.
    SELECT webhook_id FROM webhook_minute_stats WHERE minute >= least($1, now() - ${HEALTH_PERIOD}) AND attempts > succeeded
    UNION SELECT id FROM webhook WHERE health <> 'healthy'
    UNION SELECT id FROM throttled
  )
), evaluated AS MATERIALIZED (
  SELECT w.id, CASE WHEN ${IS_FAILING} THEN 'failing' WHEN t.id IS NOT NULL THEN 'throttled' ELSE 'healthy' END::webhook_health AS health
  FROM candidate w LEFT JOIN throttled t ON t.id = w.id CROSS JOIN LATERAL ${RECENT_ATTEMPTS} AS r
), changed AS MATERIALIZED (
  -- Ordered by id, so that two statements that change the same webhooks wait for each other instead of deadlocking.
  SELECT w.id, e.health, w.failing_since FROM webhook w JOIN evaluated e ON e.id = w.id
  WHERE w.status = 'active' AND w.health <> e.health
  ORDER BY w.id
  FOR NO KEY UPDATE OF w
)
UPDATE webhook w SET health = c.health,
  health_since = CASE WHEN c.health = 'failing' THEN coalesce(c.failing_since, now()) ELSE now() END
FROM changed c WHERE w.id = c.id`;

/**
 * Evaluates the health of active webhooks: of those with failed attempts since `since` or in the last 10 minutes, of those that
 * are not healthy, and of the throttled ones. Writes only the rows of webhooks whose health changes, and returns how many.
 * @param period.throttledIds null if they are not known: then throttled webhooks remain so, unless they fail
 */
export async function updateWebhookHealth(
  pool: pg.Pool,
  { since, throttledIds }: { since: Date; throttledIds: readonly string[] | null },
): Promise<number> {
  const { rowCount } = await pool.query(UPDATE, [since, throttledIds]);
  return rowCount ?? 0;
}
