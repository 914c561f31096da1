import type pg from 'pg';

// LIMIT 1 forces a lookup per id by index, in the partition of its day only.
const FIND = `
SELECT i.id FROM unnest($1::uuid[]) AS i (id) WHERE (SELECT true FROM event WHERE event.id = i.id LIMIT 1)`;

/** Returns which of these events are stored. */
export async function findStoredEvents(
  pool: pg.Pool,
  eventIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (eventIds.length === 0) return new Set();
  const { rows } = await pool.query<{ id: string }>(FIND, [eventIds]);
  return new Set(rows.map(({ id }) => id));
}
