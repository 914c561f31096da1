import type pg from 'pg';
import { auditRows } from './audit.js';
import { emit, jsonTime } from './operational-events.js';

/**
 * The lifecycle's `suspend` as one statement, for what the system does on its own account: of the webhook $1, active
 * under the epoch $2, for the reason $3, if `condition` holds of it as well. Answers its new epoch.
 */
export const suspendIf = (condition: string): string => `
WITH suspended AS (
  UPDATE webhook w SET status = 'suspended', epoch = epoch + 1, suspend_reason = $3, updated_at = now(),
    suspended_at = date_trunc('milliseconds', clock_timestamp())
  WHERE w.id = $1 AND w.status = 'active' AND w.epoch = $2 AND ${condition}
  RETURNING *
), emitted AS (${emit('posthorn.webhook.suspended', {
  data: `jsonb_build_object(
    'webhookId', id, 'url', url, 'reason', suspend_reason, 'suspendedAt', ${jsonTime('suspended_at')}
  )`,
  from: 'suspended',
  at: 'suspended_at',
})}
), audited AS (${auditRows('webhook.suspended', {
  before: `jsonb_build_object('status', 'active', 'suspendReason', NULL)`,
  after: `jsonb_build_object('status', status, 'suspendReason', suspend_reason)`,
  from: 'suspended',
})}
)
SELECT epoch FROM suspended`;

const SQL = suspendIf('w.url = $4');

/**
 * Suspends a webhook on the system's own account, if it is still the one that was sent to: active, under that epoch, at
 * that URL. Answers its new epoch, or null when it is not. Its pending deliveries are dropped by the caller.
 */
export async function suspendWebhook(
  pool: pg.Pool,
  { id, epoch, url, reason }: { id: string; epoch: number; url: string; reason: string },
): Promise<number | null> {
  const { rows } = await pool.query<{ epoch: number }>(SQL, [id, epoch, reason, url]);
  return rows[0]?.epoch ?? null;
}
