const isActive = (alias: string) =>
  `${alias}.revoked_at IS NULL AND (${alias}.expires_at IS NULL OR ${alias}.expires_at > now())`;

/** Condition: API key `k` and its parent `p`, if it has one, are neither revoked nor expired. */
export const IS_ACTIVE_KEY = `${isActive('k')} AND (k.parent_id IS NULL OR ${isActive('p')})`;
