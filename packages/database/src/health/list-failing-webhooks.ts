import type pg from 'pg';
import { failedAfter, failingFor, WARNING_PERCENTAGES } from './failing.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

/** A webhook that has failed for so long that its owner must be warned or that it must be suspended. */
export interface FailingWebhook {
  id: string;
  epoch: number;
  failingSince: Date;
  /** How much of the time to the suspension has passed: 50, 75 or 90 for a warning, 100 for the suspension. */
  percent: number;
}

/** The earlier of both clocks: a wrong one suspends no webhook. */
const NOW = 'least($1::timestamptz, now())';

const isReached = (percent: number): string =>
  `WHEN ${failingFor(percent)} <= ${NOW} AND ${failedAfter(failingFor(percent))} THEN ${percent}`;

const LIST = `
WITH failing AS MATERIALIZED (
  SELECT w.id, w.epoch, w.failing_since, w.failing_percent, CASE
    ${[100, ...WARNING_PERCENTAGES].map(isReached).join('\n    ')}
  END AS percent
  FROM webhook w
  WHERE w.status = 'active' AND w.auto_suspend_after_days > 0 AND ${isActiveTenant()}
    AND w.failing_since <= ${NOW} - interval '12 hours' -- half of the shortest period
)
SELECT id, epoch, failing_since AS "failingSince", percent FROM failing
WHERE percent > coalesce(failing_percent, 0) ORDER BY failing_since LIMIT $2`;

/**
 * Returns the webhooks that are due for a warning or suspension by the clock of PostgreSQL and by the clock of the caller (`now`), longest failing first. The full period, or the
 * part of it that has passed, must lie between the first and the last failure: a single failure long ago does not count.
 */
export async function listFailingWebhooks(
  pool: pg.Pool,
  { now, limit }: { now: Date; limit: number },
): Promise<FailingWebhook[]> {
  const { rows } = await pool.query<FailingWebhook>(LIST, [now, limit]);
  return rows;
}
