import type { Pool } from 'pg';
import { queryWithTimeout } from '../../query-with-timeout.js';
import { SEARCH_TIMEOUT_MS, type SearchScope } from './search-scope.js';

export interface FoundEvent {
  id: string;
  tenantId: string;
  type: string;
  publishedAt: Date;
  /** The search key that addresses the value. Null for an event that was found by its idempotency key. */
  pointer: string | null;
}

/** Reads one range of an index, however many events have the value. An event may have expired shortly before its values. */
const byValue = (condition: string) => `
SELECT e.id, e.tenant_id AS "tenantId", e.type, e.published_at AS "publishedAt", v.pointer
FROM (
  SELECT event_id, pointer FROM event_search_value WHERE ${condition} ORDER BY event_id DESC LIMIT $2
) AS v JOIN event e ON e.id = v.event_id
ORDER BY e.id DESC`;

/** Returns the events that have a value at one of their search keys, newest first. @param digest see `searchDigest` */
export async function searchEventsByValue(
  pool: Pool,
  digest: string,
  { tenantId, limit }: SearchScope,
): Promise<FoundEvent[]> {
  const statement =
    tenantId === null
      ? { text: byValue('digest = $1'), values: [digest, limit] }
      : { text: byValue('digest = $1 AND tenant_id = $3'), values: [digest, limit, tenantId] };
  const { rows } = await queryWithTimeout<FoundEvent>(pool, statement, SEARCH_TIMEOUT_MS);
  return rows;
}

/** Looks the key up once per tenant: keys are unique, and indexed, within a tenant. */
const BY_IDEMPOTENCY_KEY = `
SELECT e.id, e.tenant_id AS "tenantId", e.type, e.published_at AS "publishedAt", NULL AS pointer
FROM tenant t CROSS JOIN LATERAL (
  SELECT event_id FROM event_idempotency k WHERE k.tenant_id = t.id AND k.key = $1 LIMIT 1
) AS k JOIN event e ON e.id = k.event_id
WHERE $3::uuid IS NULL OR t.id = $3
ORDER BY e.id DESC LIMIT $2`;

/** Returns the events that were published with an idempotency key, newest first: at most one per tenant. */
export async function searchEventsByIdempotencyKey(
  pool: Pool,
  key: string,
  { tenantId, limit }: SearchScope,
): Promise<FoundEvent[]> {
  const statement = { text: BY_IDEMPOTENCY_KEY, values: [key, limit, tenantId] };
  const { rows } = await queryWithTimeout<FoundEvent>(pool, statement, SEARCH_TIMEOUT_MS);
  return rows;
}
