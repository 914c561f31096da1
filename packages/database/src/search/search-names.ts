import { SYSTEM_TENANT_ID } from '@posthorn/core';
import type { Pool } from 'pg';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
import { containing, SEARCH_TIMEOUT_MS, type SearchScope } from './search-scope.js';

interface FoundTenant {
  id: string;
  name: string;
  matchedBy: 'name' | 'external_id';
  createdAt: Date;
}

const TENANTS = `
SELECT id, name, created_at AS "createdAt", CASE WHEN name ILIKE $1 THEN 'name' ELSE 'external_id' END AS "matchedBy"
FROM tenant
WHERE (name ILIKE $1 OR external_id ILIKE $1) AND id <> '${SYSTEM_TENANT_ID}' AND status <> 'deleted' AND ($3::uuid IS NULL OR id = $3)
ORDER BY id DESC LIMIT $2`;

/** Returns the tenants in scope, without deleted ones, whose name or external id contains a text, newest first. */
export async function searchTenants(
  pool: Pool,
  text: string,
  { tenantId, limit }: SearchScope,
): Promise<FoundTenant[]> {
  const { rows } = await queryWithTimeout<FoundTenant>(
    pool,
    { text: TENANTS, values: [containing(text), limit, tenantId] },
    SEARCH_TIMEOUT_MS,
  );
  return rows;
}

interface FoundEventType {
  name: string;
  createdAt: Date;
}

const EVENT_TYPES = `
SELECT name, created_at AS "createdAt" FROM event_type WHERE name ILIKE $1 ORDER BY created_at DESC, name LIMIT $2`;

/** Returns the event types of the catalog whose name contains a text, newest first. */
export async function searchEventTypes(
  pool: Pool,
  text: string,
  { limit }: Pick<SearchScope, 'limit'>,
): Promise<FoundEventType[]> {
  const { rows } = await queryWithTimeout<FoundEventType>(
    pool,
    { text: EVENT_TYPES, values: [containing(text), limit] },
    SEARCH_TIMEOUT_MS,
  );
  return rows;
}

/** Returns the search keys of all event types, each once. */
export async function listSearchKeys(pool: Pool, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ key: string }>(
    'SELECT DISTINCT unnest(search_keys) AS key FROM event_type ORDER BY key LIMIT $1',
    [limit],
  );
  return rows.map(({ key }) => key);
}
