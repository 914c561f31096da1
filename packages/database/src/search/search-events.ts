import type { Pool, QueryConfig } from 'pg';
import { occurredAtOf, START_OF_BODY } from '../events/occurred-at.js';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
import type { StoredBody } from '../events/stored-body.js';
import { SEARCH_TIMEOUT_MS, type SearchScope } from './search-scope.js';

export interface FoundEvent {
  id: string;
  tenantId: string;
  type: string;
  /** RFC 3339. */
  occurredAt: string;
  publishedAt: Date;
  /** The search key that addresses the value. Null for an event that was found by its id or idempotency key. */
  pointer: string | null;
}

type Row = Omit<FoundEvent, 'occurredAt'> & StoredBody;

const SELECT = `
SELECT event.id, event.tenant_id AS "tenantId", event.type, event.published_at AS "publishedAt", ${START_OF_BODY}`;

async function search(pool: Pool, statement: QueryConfig): Promise<FoundEvent[]> {
  const { rows } = await queryWithTimeout<Row>(pool, statement, SEARCH_TIMEOUT_MS);
  return rows.map(toFoundEvent);
}

const toFoundEvent = ({ body, deflatedBody, ...event }: Row): FoundEvent => ({
  ...event,
  occurredAt: occurredAtOf({ body, deflatedBody }),
});

const BY_ID = `${SELECT}, NULL AS pointer FROM event WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`;

/** Returns the event with an id, if it is one of the tenant. */
export const searchEventsById = (
  pool: Pool,
  id: string,
  { tenantId }: Pick<SearchScope, 'tenantId'>,
): Promise<FoundEvent[]> => search(pool, { text: BY_ID, values: [id, tenantId] });

/** Reads one range of an index, however many events have the value. An event may have expired shortly before its values. */
const byValue = (condition: string) => `
${SELECT}, v.pointer
FROM (
  SELECT event_id, pointer FROM event_search_value WHERE ${condition} ORDER BY event_id DESC LIMIT $2
) AS v JOIN event ON event.id = v.event_id
ORDER BY event.id DESC`;

/** Returns the events that have a value at one of their search keys, newest first. @param digest see `searchDigest` */
export const searchEventsByValue = (
  pool: Pool,
  digest: string,
  { tenantId, limit }: SearchScope,
): Promise<FoundEvent[]> =>
  search(
    pool,
    tenantId === null
      ? { text: byValue('digest = $1'), values: [digest, limit] }
      : { text: byValue('digest = $1 AND tenant_id = $3'), values: [digest, limit, tenantId] },
  );

/** Looks the key up once per tenant: keys are unique, and indexed, within a tenant. */
const BY_IDEMPOTENCY_KEY = `
${SELECT}, NULL AS pointer
FROM tenant t CROSS JOIN LATERAL (
  SELECT event_id FROM event_idempotency k WHERE k.tenant_id = t.id AND k.key = $1 LIMIT 1
) AS k JOIN event ON event.id = k.event_id
WHERE $3::uuid IS NULL OR t.id = $3
ORDER BY event.id DESC LIMIT $2`;

/** Returns the events that were published with an idempotency key, newest first: at most one per tenant. */
export const searchEventsByIdempotencyKey = (
  pool: Pool,
  key: string,
  { tenantId, limit }: SearchScope,
): Promise<FoundEvent[]> => search(pool, { text: BY_IDEMPOTENCY_KEY, values: [key, limit, tenantId] });
