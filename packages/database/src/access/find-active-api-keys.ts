import type { ApiKeyKind, PortalFeature, Scope } from '@posthorn/core';
import type { Pool } from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { IS_ACTIVE_KEY } from '../events/active-key.js';

export interface ActiveApiKey {
  id: string;
  kind: ApiKeyKind;
  /** Null for a key with access to all tenants. */
  tenantId: string | null;
  /** The only webhook whose feed the key can read. Null for other keys. */
  webhookId: string | null;
  name: string;
  prefix: string;
  scopes: Scope[];
  /** What a portal link allows. Null for other keys, which allow all that their scopes do. */
  portalFeatures: PortalFeature[] | null;
  /** When the key or its parent expires. Null if the key does not expire. */
  expiresAt: Date | null;
  /** For a session or portal link: the key that created it. */
  parent: { id: string; name: string; prefix: string; expiresAt: Date | null } | null;
}

interface Row {
  key_hash: Buffer;
  id: string;
  kind: ApiKeyKind;
  tenant_id: string | null;
  webhook_id: string | null;
  name: string;
  prefix: string;
  scopes: Scope[];
  portal_features: PortalFeature[] | null;
  expires_at: Date | null;
  parent: { id: string; name: string; prefix: string } | null;
  parent_expires_at: Date | null;
}

const FIND = `
  SELECT k.key_hash, k.id, k.kind, k.tenant_id, k.webhook_id, k.name, k.prefix, k.scopes, k.portal_features, least(k.expires_at, p.expires_at) AS expires_at,
    CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name, 'prefix', p.prefix) END AS parent,
    p.expires_at AS parent_expires_at
  FROM api_key k LEFT JOIN api_key p ON p.id = k.parent_id
  WHERE k.key_hash = ANY ($1::bytea[]) AND ${IS_ACTIVE_KEY}`;

/**
 * Returns the active keys with these hashes, in the same order; undefined for a hash without one. Not vulnerable to timing
 * attacks: the duration of the lookup depends on the hash, which reveals nothing about the key.
 */
export async function findActiveApiKeys(
  pool: Pool,
  hashes: readonly Buffer[],
): Promise<(ActiveApiKey | undefined)[]> {
  const { rows } = await pool.query<Row>(preparedStatement(pool, 'find-active-api-keys', FIND, [hashes]));
  const byHash = new Map(rows.map((row) => [row.key_hash.toString('hex'), toActiveApiKey(row)]));
  return hashes.map((hash) => byHash.get(hash.toString('hex')));
}

function toActiveApiKey({ id, kind, name, prefix, scopes, parent, ...row }: Row): ActiveApiKey {
  return {
    id,
    kind,
    tenantId: row.tenant_id,
    webhookId: row.webhook_id,
    name,
    prefix,
    scopes,
    portalFeatures: row.portal_features,
    expiresAt: row.expires_at,
    parent: parent && { ...parent, expiresAt: row.parent_expires_at },
  };
}
