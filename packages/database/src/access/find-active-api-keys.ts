import {
  type PortalFeature,
  type Role,
  type Scope,
  scopesOfKey,
  scopesOfPortalLink,
  type UsableKeyKind,
} from '@posthorn/core';
import type { Pool } from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { columnOfRights, IS_ACTIVE_KEY, RIGHTS } from './active-key.js';

export interface ActiveApiKey {
  id: string;
  kind: UsableKeyKind;
  /** Null for a key with access to all tenants, or to those of `tenantIds`. */
  tenantId: string | null;
  /** The only tenants of a key of an operator, without deleted ones. Null for other keys. */
  tenantIds: string[] | null;
  /** Whether `tenantIds` is without a deleted one, which can be restored. */
  lacksDeleted: boolean;
  /** The only webhook whose feed the key can read. Null for other keys. */
  webhookId: string | null;
  name: string;
  prefix: string;
  /** Null for a key with its own scopes. */
  role: Role | null;
  /** Those of the role, or its own. A session has those that its key has now. */
  scopes: Scope[];
  /** The stored tenants, role and scopes, for `activeKeyWithRights`. */
  rights: string;
  /** What a portal link allows. Null for other keys, which allow all that their scopes do. */
  portalFeatures: PortalFeature[] | null;
  /** When the key or its parent expires. Null if the key does not expire. */
  expiresAt: Date | null;
  /** For a session or portal link: the key or person that created it. */
  parent: (Parent & { expiresAt: Date | null }) | null;
}

interface Parent {
  id: string;
  kind: 'key' | 'person';
  name: string;
  prefix: string;
}

interface Row extends Omit<ActiveApiKey, 'lacksDeleted' | 'parent'> {
  hash: Buffer;
  storedTenants: number | null;
  parent: Parent | null;
  parentExpiresAt: Date | null;
}

const TENANT_IDS = columnOfRights('tenant_ids');

const FIND = `
  SELECT k.key_hash AS hash, k.id, k.kind, ${columnOfRights('tenant_id')} AS "tenantId", k.webhook_id AS "webhookId", k.name, k.prefix,
    ${columnOfRights('role')} AS role, ${columnOfRights('scopes')} AS scopes, ${RIGHTS} AS rights, k.portal_features AS "portalFeatures",
    CASE WHEN (${TENANT_IDS}) IS NOT NULL
      THEN ARRAY(SELECT t.id::text FROM tenant t WHERE t.id = ANY (${TENANT_IDS}) AND t.status <> 'deleted' ORDER BY t.id) END AS "tenantIds",
    cardinality(${TENANT_IDS}) AS "storedTenants",
    least(k.expires_at, p.expires_at) AS "expiresAt",
    CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'kind', p.kind, 'name', p.name, 'prefix', p.prefix) END AS parent,
    p.expires_at AS "parentExpiresAt"
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
  // As a key of a deleted tenant, one whose tenants are all deleted is not active.
  const active = rows.filter((row) => row.tenantIds?.length !== 0);
  const byHash = new Map(active.map((row) => [row.hash.toString('hex'), toActiveApiKey(row)]));
  return hashes.map((hash) => byHash.get(hash.toString('hex')));
}

function toActiveApiKey(row: Row): ActiveApiKey {
  const { tenantIds, role, portalFeatures, parent } = row;
  return {
    id: row.id,
    kind: row.kind,
    tenantId: row.tenantId,
    tenantIds,
    lacksDeleted: tenantIds !== null && tenantIds.length !== row.storedTenants,
    webhookId: row.webhookId,
    name: row.name,
    prefix: row.prefix,
    role,
    scopes:
      portalFeatures !== null && role !== null
        ? scopesOfPortalLink(role, portalFeatures)
        : scopesOfKey(role, row.scopes),
    rights: row.rights,
    portalFeatures,
    expiresAt: row.expiresAt,
    parent: parent && { ...parent, expiresAt: row.parentExpiresAt },
  };
}
