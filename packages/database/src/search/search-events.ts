import type { Pool, QueryConfig } from 'pg';
import { occurredAtOf, START_OF_BODY, type StartOfBody } from '../events/occurred-at.js';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
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

type Row = Omit<FoundEvent, 'occurredAt'> & StartOfBody;

const SELECT = `
SELECT event.id, event.tenant_id AS "tenantId", event.type, event.published_at AS "publishedAt", ${START_OF_BODY}`;

async function search(pool: Pool, statement: QueryConfig): Promise<FoundEvent[]> {
  const { rows } = await queryWithTimeout<Row>(pool, statement, SEARCH_TIMEOUT_MS);
  return rows.map(toFoundEvent);
}

const toFoundEvent = ({ body, deflatedBody, contextTime = null, ...event }: Row): FoundEvent => ({
  ...event,
  occurredAt: occurredAtOf({ body, deflatedBody, contextTime }, event.publishedAt),
});

const BY_ID = `${SELECT}, NULL AS pointer FROM event WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`;

/** Returns the event with an id, if it is one of the tenant. */
export const searchEventsById = (
  pool: Pool,
  id: string,
  { tenantId }: Pick<SearchScope, 'tenantId'>,
): Promise<FoundEvent[]> => search(pool, { text: BY_ID, values: [id, tenantId] });

/**
 * Reads one range of an index of both tables for each digest, however many events have the value. An event may have expired shortly before
 * its values.
 */
const byValue = (condition: string) => `
${SELECT}, v.pointer
FROM (
  SELECT v.* FROM unnest($1::uuid[]) AS sought (digest) CROSS JOIN LATERAL (
    (SELECT event_id, pointer FROM event_search_value v WHERE ${condition} ORDER BY event_id DESC LIMIT $2)
    UNION ALL (SELECT event_id, pointer FROM event_payload_value v WHERE ${condition} ORDER BY event_id DESC LIMIT $2)
  ) AS v
  ORDER BY event_id DESC LIMIT $2
) AS v JOIN event ON event.id = v.event_id
ORDER BY event.id DESC`;

/** A pointer without indexes, which ends with a slash: `/items/0/price` becomes `/items/price/`. */
const place = (pointer: string): string => `regexp_replace(${pointer} || '/', '(/[0-9]+)+/', '/', 'g')`;

/** Maximum number of values that are read to find those at places that are not redacted. */
const MAX_REDACTED_READ = 1000;

/**
 * As `byValue`, without the values at places that any event type redacts, as a part or as a whole. The number of these values must not
 * show in the duration, so the rows read are limited, and no event is looked up for them.
 */
const byShownValue = (condition: string) => `
WITH redacted AS MATERIALIZED (
  SELECT DISTINCT ${place('pointer')} AS place FROM event_type CROSS JOIN unnest(redact) AS pointer
)
${SELECT}, v.pointer
FROM (
  SELECT v.* FROM unnest($1::uuid[]) AS sought (digest) CROSS JOIN LATERAL (
    (SELECT event_id, pointer FROM event_search_value v WHERE ${condition} ORDER BY event_id DESC LIMIT ${MAX_REDACTED_READ})
    UNION ALL (SELECT event_id, pointer FROM event_payload_value v WHERE ${condition} ORDER BY event_id DESC LIMIT ${MAX_REDACTED_READ})
  ) AS v
  WHERE NOT EXISTS (
    SELECT FROM redacted r WHERE starts_with(${place('v.pointer')}, r.place) OR starts_with(r.place, ${place('v.pointer')})
  )
  ORDER BY event_id DESC LIMIT $2
) AS v JOIN event ON event.id = v.event_id
ORDER BY event.id DESC`;

/** A value to search for. */
interface SearchedValue {
  /** Under which it may be indexed: see `PayloadKeys.searchDigests`. */
  digests: readonly string[];
  /** Whether values at places that an event type redacts are not found, of any type. */
  redacts: boolean;
}

/** Returns the events that have a value at one of their search keys, newest first. */
export const searchEventsByValue = (
  pool: Pool,
  { digests, redacts }: SearchedValue,
  { tenantId, limit }: SearchScope,
): Promise<FoundEvent[]> => {
  const isFound = `v.digest = sought.digest${tenantId === null ? '' : ' AND v.tenant_id = $3'}`;
  const values = [digests, limit, ...(tenantId === null ? [] : [tenantId])];
  return search(pool, { text: (redacts ? byShownValue : byValue)(isFound), values });
};

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
