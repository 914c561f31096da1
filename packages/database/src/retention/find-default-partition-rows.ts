import type pg from 'pg';

/** Returns the tables whose default partition has rows, because a daily partition was missing when they were inserted. */
export async function findDefaultPartitionRows(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    SELECT 'event' AS name WHERE EXISTS (SELECT FROM event_default)
    UNION ALL SELECT 'event_search_value' WHERE EXISTS (SELECT FROM event_search_value_default)
    UNION ALL SELECT 'settled_delivery' WHERE EXISTS (SELECT FROM settled_delivery_default)
    UNION ALL SELECT 'earlier_attempt' WHERE EXISTS (SELECT FROM earlier_attempt_default)`);
  return rows.map((row) => row.name);
}
