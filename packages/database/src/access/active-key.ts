const isActive = (alias: string) =>
  `${alias}.revoked_at IS NULL AND (${alias}.expires_at IS NULL OR ${alias}.expires_at > now())`;

const IS_VALID = `${isActive('k')} AND (k.parent_id IS NULL OR ${isActive('p')})`;

/** Condition: API key `k` and its parent `p`, if it has one, are neither revoked nor expired, and its tenant is not deleted. */
export const IS_ACTIVE_KEY = `${IS_VALID} AND NOT EXISTS (SELECT FROM tenant t WHERE t.id = k.tenant_id AND t.status = 'deleted')`;

/** Returns a column of the key that has the rights of API key `k`: a session has those of its key `p`. */
export const columnOfRights = (name: string): string =>
  `CASE WHEN k.kind = 'session' THEN p.${name} ELSE k.${name} END`;

/** The rights of API key `k` with its parent `p`: its tenants, its role and its scopes, with spaces between them. */
export const RIGHTS = `array_to_string(
    ARRAY[(${columnOfRights('tenant_id')})::text, ${columnOfRights('role')}] || (${columnOfRights('tenant_ids')})::text[] || (${columnOfRights('scopes')}), ' ')`;

/**
 * Returns a subquery that is true if the key is active and still has these rights. Otherwise it is null. Statements that accept events
 * check their tenants themselves. LIMIT 1 forces a lookup by index, regardless of statistics.
 */
export const activeKeyWithRights = ({ id, rights }: { id: string; rights: string }): string => `(
    SELECT true FROM api_key k LEFT JOIN api_key p ON p.id = k.parent_id
    WHERE k.id = ${id} AND ${RIGHTS} = ${rights} AND ${IS_VALID}
    LIMIT 1
  )`;
