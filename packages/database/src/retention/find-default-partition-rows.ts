import type pg from 'pg';

const TABLES = `
SELECT regexp_replace(name, '_class_0$', '') AS name FROM daily_table
UNION ALL SELECT unnest(ARRAY['event_payload', 'event_payload_value'])`;

/** Returns the tables whose default partition has rows, because a daily partition was missing when they were inserted. */
export async function findDefaultPartitionRows(pool: pg.Pool): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(TABLES);
  const selects = tables.map(
    ({ name }) => `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM ${name}_default)`,
  );
  const { rows } = await pool.query<{ name: string }>(selects.join(' UNION ALL '));
  return rows.map((row) => row.name);
}
