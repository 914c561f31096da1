import type { Scope } from '@posthorn/core';
import type { Pool } from 'pg';

export interface KnownKey {
  id: string;
  /** Null: a key for all tenants. */
  tenantId: string | null;
  name: string;
  scopes: Scope[];
}

interface Row {
  key_hash: Buffer;
  id: string;
  tenant_id: string | null;
  name: string;
  scopes: Scope[];
}

const QUERY = {
  name: 'find-api-keys',
  text: `SELECT key_hash, id, tenant_id, name, scopes FROM api_key
    WHERE key_hash = ANY ($1::bytea[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
};

/**
 * The live keys with these hashes, in the same order; undefined for a hash that belongs to none. They are looked up by hash:
 * how long that takes tells something of the hash at most, which says nothing of the key.
 */
export async function findApiKeys(pool: Pool, hashes: readonly Buffer[]): Promise<(KnownKey | undefined)[]> {
  const { rows } = await pool.query<Row>({ ...QUERY, values: [hashes] });
  const byHash = new Map(
    rows.map((row) => [
      row.key_hash.toString('hex'),
      { id: row.id, tenantId: row.tenant_id, name: row.name, scopes: row.scopes },
    ]),
  );
  return hashes.map((hash) => byHash.get(hash.toString('hex')));
}
