import { idTimeMs } from '@posthorn/core';
import type pg from 'pg';
import { recordHealth } from './record-health.js';
import { emit, jsonTime } from './operational-events.js';
import { suspendIf } from './suspend-webhook.js';

/** A webhook that has failed for so long that its owner has to be warned, or that it has to be suspended. */
export interface FailingWebhook {
  id: string;
  epoch: number;
  failingSince: Date;
  step: 'warn' | 'suspend';
}

const SUCCEEDED = 'a.response_status BETWEEN 200 AND 299';

/** What fails first may have waited for its first attempt. */
const WAITED = `interval '1 day'`;

/** Clocks differ, and what was in flight is recorded later. */
const MARGIN = `interval '1 hour'`;

/** Hours and not days, which are of 23 or 25 hours where the clocks change. */
const SUSPENDS_AT = 'w.failing_since + make_interval(hours => 24 * w.auto_suspend_after_days)';
const WARNS_AT = 'w.failing_since + make_interval(hours => 12 * w.auto_suspend_after_days)';

/**
 * Whether something that was published since it fails still failed at that moment or later. The newest is looked at
 * first: a webhook that is still sent to is known at once.
 */
const failedAt = (moment: string): string => `EXISTS (
  SELECT FROM (
    SELECT d.id FROM delivery d
    WHERE d.webhook_id = w.id AND d.id >= posthorn_uuid_floor(w.failing_since - ${WAITED})
      AND (d.settled_at IS NULL OR d.settled_at >= ${moment} - ${MARGIN})
    ORDER BY d.id DESC
  ) AS d
  CROSS JOIN LATERAL (
    SELECT FROM attempt a
    WHERE a.delivery_id = d.id AND a.id >= posthorn_uuid_floor(${moment}) AND (${SUCCEEDED}) IS NOT TRUE
    LIMIT 1
  ) AS a
)`;

const LIST = `
WITH failing AS MATERIALIZED (
  SELECT w.id, w.epoch, w.failing_since, CASE
    -- The earlier moment first: most that fail for long are not sent anything any more, and this is all they cost.
    WHEN ${WARNS_AT} > $1 OR NOT ${failedAt(WARNS_AT)} THEN NULL
    WHEN ${SUSPENDS_AT} <= $1 AND ${failedAt(SUSPENDS_AT)} THEN 'suspend'
    WHEN w.failing_warned_at IS NULL THEN 'warn'
  END AS step
  FROM webhook w
  WHERE w.status = 'active' AND w.auto_suspend_after_days > 0
    AND w.failing_since <= $1::timestamptz - interval '12 hours' -- half of the shortest period
)
SELECT id, epoch, failing_since AS "failingSince", step FROM failing
WHERE step IS NOT NULL ORDER BY failing_since LIMIT $2`;

/**
 * Webhooks whose failures call for a next step at `now`, the longest failing first. From the first failure to the last
 * the whole period, or half of it, must have passed: one failure long ago is not enough.
 */
export async function listFailingWebhooks(
  pool: pg.Pool,
  { now, limit }: { now: Date; limit: number },
): Promise<FailingWebhook[]> {
  const { rows } = await pool.query<FailingWebhook>(LIST, [now, limit]);
  return rows;
}

/** What of the webhook $1 has been tried since the moment `since`. A settled delivery was last tried when it was settled. */
const triedSince = (since: string): string => `
  FROM delivery d JOIN attempt a ON a.delivery_id = d.id
  WHERE d.webhook_id = $1 AND (d.settled_at IS NULL OR d.settled_at >= ${since} - ${MARGIN})
    AND a.id >= posthorn_uuid_floor(${since})`;

/** Still failing since $4, without a single success: the record has the last word over what workers noted. */
const ONLY_FAILURES = `w.failing_since = $4 AND NOT EXISTS (SELECT ${triedSince('$4::timestamptz')} AND ${SUCCEEDED})`;

const SUSPEND = suspendIf(ONLY_FAILURES);

/** Suspends a webhook that had nothing but failures. Answers its new epoch, or null when that is not so. */
export async function suspendFailingWebhook(pool: pg.Pool, webhook: FailingWebhook): Promise<number | null> {
  const { rows } = await pool.query<{ epoch: number }>(SUSPEND, [
    webhook.id,
    webhook.epoch,
    'failing',
    webhook.failingSince,
  ]);
  return rows[0]?.epoch ?? null;
}

const WARN = `
WITH warned AS (
  UPDATE webhook w SET failing_warned_at = $3
  WHERE w.id = $1 AND w.status = 'active' AND w.epoch = $2 AND w.failing_warned_at IS NULL AND ${ONLY_FAILURES}
  RETURNING w.*, ${SUSPENDS_AT} AS suspends_at
), emitted AS (${emit('posthorn.webhook.failing', {
  data: `jsonb_build_object(
    'webhookId', id, 'url', url, 'failingSince', ${jsonTime('failing_since')}, 'suspendsAt', ${jsonTime('suspends_at')}
  )`,
  from: 'warned',
})}
)
SELECT id FROM warned`;

/** Tells once that a webhook will be suspended, if it had nothing but failures. Answers whether that is so. */
export async function warnFailingWebhook(
  pool: pg.Pool,
  webhook: FailingWebhook,
  now: Date,
): Promise<boolean> {
  const { rows } = await pool.query(WARN, [webhook.id, webhook.epoch, now, webhook.failingSince]);
  return rows.length > 0;
}

const LAST_SUCCESS = `
WITH tried AS MATERIALIZED (SELECT a.id, ${SUCCEEDED} AS succeeded ${triedSince('$2::timestamptz')})
SELECT s.id AS succeeded, (
  SELECT id FROM tried WHERE succeeded IS NOT TRUE AND id > s.id ORDER BY id LIMIT 1
) AS failed
FROM (SELECT id FROM tried WHERE succeeded ORDER BY id DESC LIMIT 1) s`;

/** Lets a webhook fail only since the first failure after its last success, when that was missed. */
export async function correctFailingSince(pool: pg.Pool, webhook: FailingWebhook): Promise<void> {
  const { rows } = await pool.query<{ succeeded: string; failed: string | null }>(LAST_SUCCESS, [
    webhook.id,
    webhook.failingSince,
  ]);
  const [found] = rows;
  if (!found) return;
  const succeededMs = idTimeMs(found.succeeded);
  // Later than the success, which would be found again otherwise.
  const failingSince =
    found.failed === null ? null : new Date(Math.max(idTimeMs(found.failed), succeededMs + 1));
  await recordHealth(pool, [{ webhookId: webhook.id, succeededAt: new Date(succeededMs), failingSince }]);
}
