import { randomBytes, randomUUID } from 'node:crypto';
import type { Sealer } from '@posthorn/core';
import type pg from 'pg';

/** A data key as it is stored. */
export interface SealedDataKey {
  id: string;
  tenantId: string;
  /** The first day of its month, as `2031-05-01`. Null for the key of search values. */
  month: string | null;
  sealed: string;
}

export interface DataKey {
  id: string;
  key: Buffer;
}

const KEY_BYTES = 32;

const SELECT = 'SELECT id, tenant_id AS "tenantId", month::text, sealed_key AS sealed FROM payload_key';

const FIND = `${SELECT} WHERE tenant_id = ANY ($1::uuid[]) AND month IS NOT DISTINCT FROM $2::date`;

/** The first one of several processes wins. */
const CREATE = `
INSERT INTO payload_key (id, tenant_id, month, sealed_key)
SELECT i.id, i.tenant_id, $2::date, i.sealed_key
FROM unnest($1::uuid[], $3::uuid[], $4::text[]) AS i (tenant_id, id, sealed_key) JOIN tenant t ON t.id = i.tenant_id
ORDER BY i.tenant_id
ON CONFLICT DO NOTHING`;

const BY_ID = `${SELECT} WHERE id = ANY ($1::uuid[])`;

const SEARCH_KEYS = `${SELECT} WHERE month IS NULL AND ($1::uuid IS NULL OR tenant_id = $1) ORDER BY tenant_id LIMIT $2`;

/** Returns the keys of tenants for a month, or for search values. Tenants without one are absent. */
export async function findDataKeys(
  pool: pg.Pool,
  tenantIds: readonly string[],
  month: string | null,
): Promise<SealedDataKey[]> {
  return (await pool.query<SealedDataKey>(FIND, [tenantIds, month])).rows;
}

/** Creates keys of tenants, except for tenants that have one or do not exist. */
export async function createDataKeys(
  pool: pg.Pool,
  tenantIds: readonly string[],
  { month, sealer }: { month: string | null; sealer: Sealer },
): Promise<void> {
  const seal = (tenantId: string): string =>
    sealer.seal(randomBytes(KEY_BYTES).toString('base64'), dataKeyContext({ tenantId, month }));
  const ids = tenantIds.map(() => randomUUID());
  await pool.query(CREATE, [tenantIds, month, ids, tenantIds.map(seal)]);
}

/** Returns the keys that exist. */
export async function readDataKeys(pool: pg.Pool, ids: readonly string[]): Promise<SealedDataKey[]> {
  return (await pool.query<SealedDataKey>(BY_ID, [ids])).rows;
}

/** Returns the keys of search values of a tenant, or of all tenants up to a limit. */
export async function listSearchKeys(
  pool: pg.Pool,
  { tenantId, limit }: { tenantId: string | null; limit: number },
): Promise<SealedDataKey[]> {
  return (await pool.query<SealedDataKey>(SEARCH_KEYS, [tenantId, limit])).rows;
}

/** Returns whether values of the database are, or were, sealed with data keys. */
export async function hasDataKeys(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>('SELECT EXISTS (SELECT FROM payload_key) AS found');
  return rows[0]?.found ?? false;
}

/** Returns the number of data keys, and of tenants that have some. */
export async function countDataKeys(pool: pg.Pool): Promise<{ keys: number; tenants: number }> {
  const { rows } = await pool.query<{ keys: number; tenants: number }>(
    'SELECT count(*)::integer AS keys, count(DISTINCT tenant_id)::integer AS tenants FROM payload_key',
  );
  return rows[0] ?? { keys: 0, tenants: 0 };
}

/** The sealing context of a data key. */
export const dataKeyContext = ({ tenantId, month }: Pick<SealedDataKey, 'tenantId' | 'month'>): string =>
  `payload_key:${tenantId}:${month ?? 'search'}`;

export const openDataKey = (stored: SealedDataKey, sealer: Sealer): DataKey => ({
  id: stored.id,
  key: Buffer.from(sealer.open(stored.sealed, dataKeyContext(stored)), 'base64'),
});

/** SQL condition: each of these data keys exists. */
export const dataKeysExist = (ids: string): string =>
  `NOT EXISTS (SELECT FROM unnest(${ids}::uuid[]) AS used (id) WHERE NOT EXISTS (SELECT FROM payload_key k WHERE k.id = used.id))`;
