import type pg from 'pg';

export interface DuplicateEvent {
  id: string;
  tenantId: string;
  idempotencyKey: string | null;
}

const SQL = `
SELECT coalesce(k.event_id, i.id) AS event_id,
  (SELECT count(*)::int FROM delivery d WHERE d.event_id = coalesce(k.event_id, i.id)) AS deliveries
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS i (id, tenant_id, key, position)
LEFT JOIN event_idempotency k ON k.tenant_id = i.tenant_id AND k.key = i.key
ORDER BY i.position`;

/** Returns the original event of each duplicate, in the same order. It is found by idempotency key, otherwise by id. */
export async function findDuplicates(
  pool: pg.Pool,
  events: readonly DuplicateEvent[],
): Promise<{ eventId: string; deliveries: number }[]> {
  const { rows } = await pool.query<{ event_id: string; deliveries: number }>(SQL, [
    events.map((event) => event.id),
    events.map((event) => event.tenantId),
    events.map((event) => event.idempotencyKey),
  ]);
  return rows.map((row) => ({ eventId: row.event_id, deliveries: row.deliveries }));
}
