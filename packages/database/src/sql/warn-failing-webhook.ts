import type pg from 'pg';
import { emit, jsonTime } from './fragments/emit.js';
import { ONLY_FAILURES, SUSPENDS_AT } from './fragments/failing.js';
import type { FailingWebhook } from './list-failing-webhooks.js';

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

/** Emits `posthorn.webhook.failing` once for a webhook that has had only failures. Returns whether it was emitted. */
export async function warnFailingWebhook(
  pool: pg.Pool,
  webhook: FailingWebhook,
  now: Date,
): Promise<boolean> {
  const { rows } = await pool.query(WARN, [webhook.id, webhook.epoch, now, webhook.failingSince]);
  return rows.length > 0;
}
