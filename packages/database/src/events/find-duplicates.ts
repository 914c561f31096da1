import type pg from 'pg';
import { REPLICATED } from '../connection/replicated.js';

export interface DuplicateEvent {
  id: string;
  tenantId: string;
  idempotencyKey: string | null;
  /** As in `NewEvent`. */
  digest?: string | null;
}

/** The event that a duplicate repeats, or whose idempotency key it has. */
export interface OriginalEvent {
  eventId: string;
  /** Number of deliveries. */
  deliveries: number;
  /** The original has the same key, but another digest. */
  isOtherEvent: boolean;
}

// An event and its key are inserted in one transaction, so the event of a key exists until it expires.
const FIND = `
WITH replicated AS MATERIALIZED (SELECT ${REPLICATED})
SELECT e.id AS "eventId", (
  SELECT count(*)::int FROM delivery d
  WHERE d.event_id = e.id AND d.id >= posthorn_delivery_id_min(e.id) AND d.id <= posthorn_delivery_id_max(e.id)
) AS deliveries, coalesce(k.digest <> i.digest, false) AS "isOtherEvent"
FROM replicated
CROSS JOIN unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) WITH ORDINALITY AS i (id, tenant_id, key, digest, position)
LEFT JOIN event_idempotency k ON k.tenant_id = i.tenant_id AND k.key = i.key
LEFT JOIN LATERAL (SELECT id FROM event WHERE event.id = coalesce(k.event_id, i.id) LIMIT 1) AS e ON true
ORDER BY i.position`;

const RELEASE_KEYS = `
DELETE FROM event_idempotency k USING unnest($1::uuid[], $2::text[]) AS i (tenant_id, key)
WHERE k.tenant_id = i.tenant_id AND k.key = i.key
  AND (SELECT true FROM event WHERE event.id = k.event_id LIMIT 1) IS NULL`;

/**
 * Returns the original event of each duplicate, in the same order, once synchronous replicas have them. It is found by idempotency
 * key, otherwise by id. Null if it has expired: then its key is released, so that the event can be accepted.
 * @param pool of statements that may wait for replicas
 */
export async function findDuplicates(
  pool: pg.Pool,
  events: readonly DuplicateEvent[],
): Promise<(OriginalEvent | null)[]> {
  const ids = events.map((event) => event.id);
  const tenantIds = events.map((event) => event.tenantId);
  const keys = events.map((event) => event.idempotencyKey);
  const digests = events.map(({ digest = null }) => digest);
  const find = { text: FIND, values: [ids, tenantIds, keys, digests] };
  const { rows } = await pool.query<OriginalEvent | { eventId: null }>(find);
  const originals = rows.map((row) => (row.eventId === null ? null : row));
  const expired = events.filter((_event, index) => originals[index] === null);
  if (expired.length > 0) {
    const values = [expired.map((event) => event.tenantId), expired.map((event) => event.idempotencyKey)];
    await pool.query({ text: RELEASE_KEYS, values });
  }
  return originals;
}
