import { emit, jsonTime } from './emit.js';
import { insertAuditEntries } from './insert-audit-entries.js';

/**
 * Returns a statement that suspends a webhook on behalf of the system: the webhook $1, if it is active with epoch $2 and
 * `condition` is true for it, for the reason $3. Same effect as the lifecycle transition `suspend`. Returns the new epoch.
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
), audited AS (${insertAuditEntries('webhook.suspended', {
  before: `jsonb_build_object('status', 'active', 'suspendReason', NULL)`,
  after: `jsonb_build_object('status', status, 'suspendReason', suspend_reason)`,
  from: 'suspended',
})}
)
SELECT epoch FROM suspended`;
