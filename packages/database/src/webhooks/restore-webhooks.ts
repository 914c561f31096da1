import type { StoredFence, WebhookStatus } from '@posthorn/core';
import type pg from 'pg';
import { insertAuditEntries } from '../audit/insert-audit-entries.js';
import { revokeFeedKeys } from './revoke-feed-keys.js';
import { auditSuspended, emitSuspended } from './record-suspension.js';

/** Why a webhook was suspended again after a failover. Part of the API. */
const REASON = 'failover';

/** A webhook that was suspended or deleted again. */
interface RestoredWebhook {
  id: string;
  epoch: number;
  status: Extract<WebhookStatus, 'suspended' | 'deleted'>;
}

const RESTORE = `
WITH fence AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::integer[], $3::boolean[]) AS t (id, epoch, deleted)
), outdated AS MATERIALIZED (
  -- Ordered by id, so that two processes wait for each other instead of deadlocking. The second one finds nothing to do.
  SELECT w.id, w.status AS old_status, f.epoch AS fence_epoch,
    CASE WHEN f.deleted THEN 'deleted' WHEN w.status = 'active' THEN 'suspended' ELSE w.status END::webhook_status AS status
  FROM webhook w JOIN fence f ON f.id = w.id
  WHERE w.status <> 'deleted' AND (w.epoch < f.epoch OR f.deleted)
  ORDER BY w.id
  FOR NO KEY UPDATE OF w
), restored AS (
  UPDATE webhook w SET status = o.status, epoch = greatest(w.epoch, o.fence_epoch) + 1, updated_at = now(),
    suspend_reason = CASE WHEN o.suspends THEN '${REASON}' ELSE w.suspend_reason END,
    suspended_by = CASE WHEN o.suspends THEN 'system' ELSE w.suspended_by END,
    suspended_by_name = CASE WHEN o.suspends THEN NULL ELSE w.suspended_by_name END,
    suspended_at = CASE WHEN o.suspends THEN o.moment ELSE w.suspended_at END,
    deleted_at = CASE WHEN o.deletes THEN o.moment END,
    external_id = CASE WHEN o.deletes THEN NULL ELSE w.external_id END,
    pending_url = CASE WHEN o.deletes THEN NULL ELSE w.pending_url END,
    headers_sealed = CASE WHEN o.deletes THEN NULL ELSE w.headers_sealed END,
    auth_sealed = CASE WHEN o.deletes THEN NULL ELSE w.auth_sealed END,
    proxy_sealed = CASE WHEN o.deletes THEN NULL ELSE w.proxy_sealed END,
    secrets = CASE WHEN o.deletes THEN '[]' ELSE w.secrets END,
    format_id = CASE WHEN o.deletes THEN NULL ELSE w.format_id END,
    client_certificate_id = CASE WHEN o.deletes THEN NULL ELSE w.client_certificate_id END,
    ca_certificates_id = CASE WHEN o.deletes THEN NULL ELSE w.ca_certificates_id END,
    slow_since = NULL, failing_since = NULL, failing_percent = NULL
  FROM (
    SELECT *, old_status = 'active' AND status = 'suspended' AS suspends, status = 'deleted' AS deletes,
      date_trunc('milliseconds', clock_timestamp()) AS moment
    FROM outdated
  ) o
  WHERE w.id = o.id
  RETURNING w.*, o.old_status
), suspended AS (
  SELECT * FROM restored WHERE status = 'suspended' AND old_status = 'active'
), deleted AS (
  SELECT * FROM restored WHERE status = 'deleted'
), emitted AS (${emitSuspended('suspended')}
), audited_suspends AS (${auditSuspended('suspended')}
), audited_deletes AS (${insertAuditEntries('webhook.deleted', {
  before: `jsonb_build_object('status', old_status)`,
  after: `jsonb_build_object('status', status, 'reason', '${REASON}')`,
  from: 'deleted',
})}
), revoked AS (${revokeFeedKeys('SELECT id FROM deleted')}
), unsubscribed AS (
  DELETE FROM webhook_subscription s USING deleted d WHERE s.webhook_id = d.id
), uncertified AS (
  DELETE FROM tls_certificate c USING deleted d WHERE c.webhook_id = d.id
), invalidated AS (
  DELETE FROM webhook_validation v USING deleted d WHERE v.webhook_id = d.id
), forgotten AS (
  DELETE FROM webhook_token t USING deleted d WHERE t.webhook_id = d.id
)
SELECT id, epoch, status FROM suspended
UNION ALL SELECT id, epoch, status FROM deleted`;

/**
 * Repairs webhooks that lost a confirmed change in a failover, which their fences show: suspends active ones again, deletes those
 * that were deleted, and raises the epoch above the fence. Changes nothing when it runs twice. The caller drops the pending deliveries.
 */
export async function restoreWebhooks(
  pool: pg.Pool,
  fences: readonly StoredFence[],
): Promise<RestoredWebhook[]> {
  const { rows } = await pool.query<RestoredWebhook>(RESTORE, [
    fences.map(({ id }) => id),
    fences.map(({ epoch }) => epoch),
    fences.map(({ isDeleted }) => isDeleted),
  ]);
  return rows;
}
