import type { Pool } from 'pg';

/** The tables of resources that belong to a tenant. */
const TABLES = {
  webhook: 'webhook',
  event: 'event',
  delivery: 'delivery',
  replay: 'replay',
  recovery: 'recovery',
  rejectedEvent: 'rejected_event',
  apiKey: 'api_key',
  erasure: 'erasure',
} as const;

export type OwnedKind = keyof typeof TABLES;

/** Returns the tenant of a resource. Null if the resource does not exist, or concerns all tenants. */
export async function findOwner(
  pool: Pool,
  { kind, id }: { kind: OwnedKind; id: string },
): Promise<string | null> {
  // LIMIT 1 forces a lookup by index, regardless of statistics.
  const text = `SELECT tenant_id AS "tenantId" FROM ${TABLES[kind]} WHERE id = $1 LIMIT 1`;
  const { rows } = await pool.query<{ tenantId: string | null }>(text, [id]);
  return rows[0]?.tenantId ?? null;
}
