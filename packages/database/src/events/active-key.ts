const isActive = (alias: string) =>
  `${alias}.revoked_at IS NULL AND (${alias}.expires_at IS NULL OR ${alias}.expires_at > now())`;

/** Condition: API key `k` and its parent `p`, if it has one, are neither revoked nor expired. */
export const IS_ACTIVE_KEY = `${isActive('k')} AND (k.parent_id IS NULL OR ${isActive('p')})`;

/**
 * Returns a subquery that is true if the key is active and still has these rights: its tenant, if it has one, and its scopes, with
 * spaces between them. Otherwise it is null. LIMIT 1 forces a lookup by index, regardless of statistics.
 */
export const activeKeyWithRights = ({ id, rights }: { id: string; rights: string }): string => `(
    SELECT true FROM api_key k LEFT JOIN api_key p ON p.id = k.parent_id
    WHERE k.id = ${id} AND array_to_string(k.tenant_id::text || k.scopes, ' ') = ${rights} AND ${IS_ACTIVE_KEY}
    LIMIT 1
  )`;
