import type { Fence } from '@posthorn/core';
import type pg from 'pg';

/** The fence that a tenant must have. */
interface TenantFence extends Fence {
  tenantId: string;
}

/** A tenant whose status changed, with the fence that it must have. */
export interface FencedTenant extends TenantFence {
  changedAt: Date;
}

const COLUMNS = `id AS "tenantId", epoch, status = 'deleted' AS "isDeleted"`;

const READ = `SELECT ${COLUMNS} FROM tenant WHERE id = $1 AND status <> 'active'`;

/** Returns the fence that a tenant must have; null if it is active. */
export async function readTenantFence(pool: pg.Pool, tenantId: string): Promise<TenantFence | null> {
  const { rows } = await pool.query<TenantFence>(READ, [tenantId]);
  return rows[0] ?? null;
}

const CHANGED_AT = 'greatest(suspended_at, reactivated_at, deleted_at)';

const LIST = `
SELECT ${COLUMNS}, ${CHANGED_AT} AS "changedAt"
FROM tenant
WHERE epoch > 0 AND ${CHANGED_AT} >= now() - make_interval(days => $1) AND (${CHANGED_AT}, id) > ($2, $3::uuid)
ORDER BY ${CHANGED_AT}, id
LIMIT $4`;

/** Returns a page of the tenants whose status changed in the last `days` days, like `listFences`. */
export async function listTenantFences(
  pool: pg.Pool,
  { days, after, limit }: { days: number; after: FencedTenant | null; limit: number },
): Promise<FencedTenant[]> {
  const { rows } = await pool.query<FencedTenant>(LIST, [
    days,
    after?.changedAt ?? new Date(0),
    after?.tenantId ?? '00000000-0000-0000-0000-000000000000',
    limit,
  ]);
  return rows;
}
