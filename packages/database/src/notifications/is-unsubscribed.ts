import type pg from 'pg';

/** Returns whether the owner of an address has unsubscribed from the emails of a tenant, and has not subscribed again. */
export async function isUnsubscribed(
  pool: pg.Pool,
  { tenantId, addressHash }: { tenantId: string; addressHash: Buffer },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT FROM unsubscription WHERE tenant_id = $1 AND address_hash = $2',
    [tenantId, addressHash],
  );
  return rowCount === 1;
}
