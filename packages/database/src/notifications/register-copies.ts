import type pg from 'pg';

/** An event that an operational event is about to be published as. */
interface EventCopy {
  /** The id that it gets. */
  eventId: string;
  /** The tenant that gets it. */
  tenantId: string;
  /** The operational event. */
  sourceId: string;
}

/**
 * An erasure that has changed the data of an operational event has done so before this statement, which waits for it, or lists the copies
 * after it. A copy that needs no row has data of its own tenant only, and of no event.
 */
const REGISTER = `
WITH source AS MATERIALIZED (
  SELECT id, tenant_id, type, data FROM operational_event WHERE id = ANY ($3::uuid[]) ORDER BY id FOR SHARE
), registered AS (
  INSERT INTO event_copy (event_id, tenant_id, type, owner_id, subject_id)
  SELECT c.event_id, c.tenant_id, s.type, s.tenant_id, (s.data ->> 'eventId')::uuid
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS c (event_id, tenant_id, source_id) JOIN source s ON s.id = c.source_id
  WHERE c.tenant_id <> s.tenant_id OR s.data ? 'eventId'
  ORDER BY c.event_id
  ON CONFLICT DO NOTHING
)
SELECT id, data FROM source`;

/**
 * Registers whose data events have, before they are stored: an erasure finds those that a process holds in memory, too. Returns the data to
 * publish, by the ids of the operational events: those that are gone have been published or purged meanwhile.
 */
export async function registerCopies(
  pool: pg.Pool,
  copies: readonly EventCopy[],
): Promise<Map<string, Record<string, unknown>>> {
  if (copies.length === 0) return new Map();
  const { rows } = await pool.query<{
    id: string;
    data: Record<string, unknown>;
  }>(REGISTER, [
    copies.map(({ eventId }) => eventId),
    copies.map(({ tenantId }) => tenantId),
    copies.map(({ sourceId }) => sourceId),
  ]);
  return new Map(rows.map(({ id, data }) => [id, data]));
}
