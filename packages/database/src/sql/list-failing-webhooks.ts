import type pg from 'pg';
import { failedAfter, SUSPENDS_AT, WARNS_AT } from './fragments/failing.js';

/** A webhook that has failed for so long that its owner must be warned or that it must be suspended. */
export interface FailingWebhook {
  id: string;
  epoch: number;
  failingSince: Date;
  step: 'warn' | 'suspend';
}

const LIST = `
WITH failing AS MATERIALIZED (
  SELECT w.id, w.epoch, w.failing_since, CASE
    WHEN ${WARNS_AT} > $1 OR NOT ${failedAfter(WARNS_AT)} THEN NULL
    WHEN ${SUSPENDS_AT} <= $1 AND ${failedAfter(SUSPENDS_AT)} THEN 'suspend'
    WHEN w.failing_warned_at IS NULL THEN 'warn'
  END AS step
  FROM webhook w
  WHERE w.status = 'active' AND w.auto_suspend_after_days > 0
    AND w.failing_since <= $1::timestamptz - interval '12 hours' -- half of the shortest period
)
SELECT id, epoch, failing_since AS "failingSince", step FROM failing
WHERE step IS NOT NULL ORDER BY failing_since LIMIT $2`;

/**
 * Returns the webhooks that are due for a warning or suspension at `now`, longest failing first. The full period, or half of
 * it, must lie between the first and the last failure: a single failure long ago does not count.
 */
export async function listFailingWebhooks(
  pool: pg.Pool,
  { now, limit }: { now: Date; limit: number },
): Promise<FailingWebhook[]> {
  const { rows } = await pool.query<FailingWebhook>(LIST, [now, limit]);
  return rows;
}
