import { idTimeMs } from '@posthorn/core';
import type pg from 'pg';
import { attemptsSince, SUCCEEDED } from './fragments/failing.js';
import type { FailingWebhook } from './list-failing-webhooks.js';
import { recordHealth } from './record-health.js';

const FIND_LAST_SUCCESS = `
WITH attempts AS MATERIALIZED (SELECT a.id, ${SUCCEEDED} AS succeeded ${attemptsSince('$2::timestamptz')})
SELECT s.id AS succeeded, (
  SELECT id FROM attempts WHERE succeeded IS NOT TRUE AND id > s.id ORDER BY id LIMIT 1
) AS failed
FROM (SELECT id FROM attempts WHERE succeeded ORDER BY id DESC LIMIT 1) s`;

/** Sets `failing_since` to the first failure after the last success, in case a worker did not record that success. */
export async function correctFailingSince(pool: pg.Pool, webhook: FailingWebhook): Promise<void> {
  const { rows } = await pool.query<{ succeeded: string; failed: string | null }>(FIND_LAST_SUCCESS, [
    webhook.id,
    webhook.failingSince,
  ]);
  const [found] = rows;
  if (!found) return;
  const succeededMs = idTimeMs(found.succeeded);
  // At least 1 ms after the success. Otherwise the next call would find the same success again.
  const failingSince =
    found.failed === null ? null : new Date(Math.max(idTimeMs(found.failed), succeededMs + 1));
  await recordHealth(pool, [{ webhookId: webhook.id, succeededAt: new Date(succeededMs), failingSince }]);
}
