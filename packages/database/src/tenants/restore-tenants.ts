import { DEFAULT_PURGE_DAYS, type StoredFence, type TenantStatus } from '@posthorn/core';
import type pg from 'pg';
import { awaitTurn } from '../tenancy/lock-tenant.js';
import { insertAuditEntries } from '../audit/insert-audit-entries.js';

/** Why a tenant was suspended again after a failover. Part of the API. */
const REASON = 'failover';

/** A tenant that was suspended or deleted again. */
interface RestoredTenant {
  id: string;
  epoch: number;
  status: Exclude<TenantStatus, 'active'>;
}

const auditEntries = (action: 'tenant.suspended' | 'tenant.deleted', from: string): string =>
  insertAuditEntries(action, {
    before: `jsonb_build_object('status', old_status)`,
    after: `jsonb_build_object('status', status, 'reason', '${REASON}')`,
    from,
  });

const RESTORE = `
WITH fence AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::integer[], $3::boolean[]) AS f (id, epoch, deleted)
), turn AS MATERIALIZED (
  SELECT t.id, ${awaitTurn('t.id', 'exclusive')}
  FROM (SELECT t.id FROM tenant t JOIN fence f ON f.id = t.id WHERE t.epoch < f.epoch ORDER BY t.id) t
), outdated AS MATERIALIZED (
  -- Ordered by id, so that two processes wait for each other instead of deadlocking. The second one finds nothing to do.
  SELECT t.id, t.status AS old_status, f.epoch AS fence_epoch, date_trunc('milliseconds', clock_timestamp()) AS moment,
    CASE WHEN f.deleted THEN 'deleted' WHEN t.status = 'active' THEN 'suspended' ELSE t.status END::tenant_status AS status
  FROM turn JOIN tenant t ON t.id = turn.id JOIN fence f ON f.id = t.id
  WHERE t.epoch < f.epoch
  ORDER BY t.id
  FOR NO KEY UPDATE OF t
), restored AS (
  UPDATE tenant t SET status = o.status, epoch = o.fence_epoch + 1,
    suspended_at = CASE WHEN o.suspends THEN o.moment ELSE t.suspended_at END,
    suspend_reason = CASE WHEN o.suspends THEN '${REASON}' ELSE t.suspend_reason END,
    suspended_by_name = CASE WHEN o.suspends THEN 'system' ELSE t.suspended_by_name END,
    deleted_at = CASE WHEN o.deletes THEN o.moment ELSE t.deleted_at END,
    purge_at = CASE WHEN o.deletes THEN o.moment + interval '${DEFAULT_PURGE_DAYS} days' ELSE t.purge_at END
  FROM (
    SELECT *, old_status = 'active' AND status = 'suspended' AS suspends, old_status <> 'deleted' AND status = 'deleted' AS deletes
    FROM outdated
  ) o
  WHERE t.id = o.id
  RETURNING t.id, t.id AS tenant_id, t.epoch, t.status, o.old_status, o.suspends, o.deletes
), suspended AS (
  SELECT * FROM restored WHERE suspends
), deleted AS (
  SELECT * FROM restored WHERE deletes
), audited_suspends AS (${auditEntries('tenant.suspended', 'suspended')}
), audited_deletes AS (${auditEntries('tenant.deleted', 'deleted')}
)
SELECT id, epoch, status FROM restored WHERE suspends OR deletes`;

/**
 * Repairs tenants that lost a confirmed change in a failover, which their fences show: suspends active ones again, deletes those that
 * were deleted, and raises the epoch above the fence. Changes nothing when it runs twice. The caller drops the pending deliveries.
 * @param fences also of webhooks, which are no tenants
 */
export async function restoreTenants(
  pool: pg.Pool,
  fences: readonly StoredFence[],
): Promise<RestoredTenant[]> {
  const { rows } = await pool.query<RestoredTenant>(RESTORE, [
    fences.map(({ id }) => id),
    fences.map(({ epoch }) => epoch),
    fences.map(({ isDeleted }) => isDeleted),
  ]);
  return rows;
}
