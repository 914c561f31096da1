import type pg from 'pg';
import { successesSince } from './failing.js';
import type { FailingWebhook } from './list-failing-webhooks.js';
import { recordHealth } from './record-health.js';

const FIND_LAST_SUCCESS = `
SELECT last.minute AS "succeededAt", (
  SELECT min(s.minute) FROM webhook_minute_stats s
  WHERE s.webhook_id = $1 AND s.minute > last.minute AND s.attempts > s.succeeded
) AS "failingSince"
FROM (SELECT s.minute ${successesSince({ webhookId: '$1', since: '$2::timestamptz' })} ORDER BY s.minute DESC LIMIT 1) AS last`;

/**
 * Sets `failing_since` to the first minute with failures after the last one with a success, in case a worker did not record
 * that success.
 */
export async function correctFailingSince(pool: pg.Pool, webhook: FailingWebhook): Promise<void> {
  const { rows } = await pool.query<{ succeededAt: Date; failingSince: Date | null }>(FIND_LAST_SUCCESS, [
    webhook.id,
    webhook.failingSince,
  ]);
  const [found] = rows;
  if (found) await recordHealth(pool, [{ webhookId: webhook.id, ...found }]);
}
