import { auditSuspended, emitSuspended } from './record-suspension.js';

/**
 * Returns a statement that suspends a webhook on behalf of the system: the webhook $1, if it is active with epoch $2 and
 * `condition` is true for it, for the reason $3. Same effect as the lifecycle transition `suspend`. Returns the new epoch.
 */
export const suspendIf = (condition: string): string => `
WITH suspended AS (
  UPDATE webhook w SET status = 'suspended', epoch = epoch + 1, suspend_reason = $3, suspended_by = 'system',
    suspended_by_name = NULL, updated_at = now(),
    suspended_at = date_trunc('milliseconds', clock_timestamp())
  WHERE w.id = $1 AND w.status = 'active' AND w.epoch = $2 AND ${condition}
  RETURNING *
), emitted AS (${emitSuspended('suspended')}
), audited AS (${auditSuspended('suspended')}
)
SELECT epoch FROM suspended`;
