import type { Pool } from 'pg';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
import { isNotDeleted } from '../tenancy/is-active-tenant.js';
import { containing, SEARCH_TIMEOUT_MS, type SearchScope } from './search-scope.js';

interface FoundWebhook {
  id: string;
  tenantId: string;
  url: string | null;
  description: string | null;
  matchedBy: 'url' | 'external_id' | 'description';
  createdAt: Date;
}

const BY_TEXT = `
SELECT id, tenant_id AS "tenantId", url, description, created_at AS "createdAt",
  CASE WHEN url ILIKE $1 OR pending_url ILIKE $1 THEN 'url' WHEN external_id ILIKE $1 THEN 'external_id' ELSE 'description' END AS "matchedBy"
FROM webhook w
WHERE status <> 'deleted' AND ($3::uuid IS NULL OR tenant_id = $3) AND ${isNotDeleted('w')}
  AND (url ILIKE $1 OR pending_url ILIKE $1 OR external_id ILIKE $1 OR description ILIKE $1)
ORDER BY id DESC LIMIT $2`;

/**
 * Returns the webhooks whose current or pending URL, external id or description contains a text, newest first. Reads the webhooks of the tenant one
 * by one.
 */
export async function searchWebhooks(
  pool: Pool,
  text: string,
  { tenantId, limit }: SearchScope,
): Promise<FoundWebhook[]> {
  const statement = { text: BY_TEXT, values: [containing(text), limit, tenantId] };
  const { rows } = await queryWithTimeout<FoundWebhook>(pool, statement, SEARCH_TIMEOUT_MS);
  return rows;
}
