import type pg from 'pg';

/** Days that have partitions before they come. */
const DAYS_AHEAD = 7;

/** Makes the partitions of today and the days ahead, and answers how many were missing. */
export async function createPartitions(pool: pg.Pool, today: Date): Promise<number> {
  const { rows } = await pool.query<{ made: number }>(
    // Yesterday too: what was pushed long ago is filed under it.
    'SELECT posthorn_create_partitions($1::date - 1, $1::date + $2::int) AS made',
    [today.toISOString().slice(0, 10), DAYS_AHEAD],
  );
  return rows[0]?.made ?? 0;
}

/** The tables whose default partition holds rows that no day covers. */
export async function strayPartitions(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(`
    SELECT 'event' AS name WHERE EXISTS (SELECT FROM event_default)
    UNION ALL SELECT 'delivery' WHERE EXISTS (SELECT FROM delivery_default)
    UNION ALL SELECT 'attempt' WHERE EXISTS (SELECT FROM attempt_default)`);
  return rows.map((row) => row.name);
}
