import type pg from 'pg';
import { REPLICATED } from '../connection/replicated.js';
import { isOfEvent } from '../ids/of-event.js';
import { isErasedSql } from './stored-body.js';

export interface DuplicateEvent {
  id: string;
  tenantId: string;
  idempotencyKey: string | null;
  /** As in `NewEvent`. */
  digest?: string | null;
  /** As in `NewEvent`. */
  pushed: boolean;
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
  WHERE ${isOfEvent('e.id')}
) AS deliveries, coalesce(k.digest <> i.digest, false) AS "isOtherEvent", coalesce(e.is_erased, false) AS "isErased"
FROM replicated
CROSS JOIN unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) WITH ORDINALITY AS i (id, tenant_id, key, digest, position)
LEFT JOIN event_idempotency k ON k.tenant_id = i.tenant_id AND k.key = i.key
LEFT JOIN LATERAL (SELECT id, ${isErasedSql('event')} AS is_erased FROM event WHERE event.id = coalesce(k.event_id, i.id) LIMIT 1) AS e ON true
ORDER BY i.position`;

type FoundRow = (OriginalEvent & { isErased: boolean }) | { eventId: null };

/**
 * Returns the original event of each duplicate, in the same order, once synchronous replicas have them. It is found by idempotency
 * key, otherwise by id. Null if it has expired, or is erased: the event can be accepted with another id. A push is a duplicate of an erased event, too: it may be read again, and must not bring the event back.
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
  const { rows } = await pool.query<FoundRow>(find);
  return rows.map((row, index) => originalOf(row, events[index]));
}

function originalOf(row: FoundRow, event: DuplicateEvent | undefined): OriginalEvent | null {
  if (row.eventId === null || (row.isErased && event?.pushed === false)) return null;
  const { eventId, deliveries, isOtherEvent } = row;
  return { eventId, deliveries, isOtherEvent };
}
