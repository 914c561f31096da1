import type { DropReason } from '@posthorn/core';
import type pg from 'pg';
import type { PendingOfTenant } from './drop-pending-deliveries.js';

/** The condition for tenants whose pending deliveries are not all dropped, `minAgeMs` after their suspend or delete. */
export const tenantDropsDue = (minAgeMs: string): string => `dropped_epoch < epoch AND status <> 'active'
  AND greatest(suspended_at, deleted_at) <= now() - ${minAgeMs}::double precision * interval '1 ms'`;

const LIST = `
SELECT id AS "tenantId", epoch, CASE status WHEN 'deleted' THEN 'deleted' ELSE 'tenant_suspended' END AS reason
FROM tenant
WHERE ${tenantDropsDue('$2')}
ORDER BY random() LIMIT $1`;

/** Returns tenants that were suspended or deleted at least `minAgeMs` ago, like `listWebhooksToDrop`. */
export async function listTenantsToDrop(
  pool: pg.Pool,
  { limit, minAgeMs }: { limit: number; minAgeMs: number },
): Promise<(PendingOfTenant & { reason: DropReason })[]> {
  const { rows } = await pool.query<PendingOfTenant & { reason: DropReason }>(LIST, [limit, minAgeMs]);
  return rows;
}
