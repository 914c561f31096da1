import type pg from 'pg';
import { emit, jsonTime } from '../operational-events/emit.js';
import { hasOnlyFailures, SUSPENDS_AT } from './failing.js';
import type { FailingWebhook } from './list-failing-webhooks.js';

const WARN = `
WITH warned AS (
  UPDATE webhook w SET failing_percent = $3
  WHERE w.id = $1 AND w.status = 'active' AND w.epoch = $2 AND coalesce(w.failing_percent, 0) < $3 AND ${hasOnlyFailures({ webhookId: '$1', since: '$4' })}
  RETURNING w.*, ${SUSPENDS_AT} AS suspends_at
), emitted AS (${emit('posthorn.webhook.failing', {
  data: `jsonb_build_object(
    'webhookId', id, 'url', url, 'percent', failing_percent, 'failingSince', ${jsonTime('failing_since')}, 'suspendsAt', ${jsonTime('suspends_at')}
  )`,
  from: 'warned',
})}
)
SELECT id FROM warned`;

/** Emits `posthorn.webhook.failing`, once for each percentage, for a webhook that has had only failures. Returns whether it was emitted. */
export async function warnFailingWebhook(pool: pg.Pool, webhook: FailingWebhook): Promise<boolean> {
  const { id, epoch, percent, failingSince } = webhook;
  const { rows } = await pool.query(WARN, [id, epoch, percent, failingSince]);
  return rows.length > 0;
}
