import type pg from 'pg';

/** The times whose events have a daily partition, without a gap: from the start of the first day until before the end of the last one. */
export interface EventDays {
  from: Date;
  to: Date;
}

const READ = `
WITH daily AS (
  SELECT to_date(substring(p.relname FROM '_(\\d{8})$'), 'YYYYMMDD') AS day
  FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
  WHERE i.inhparent = 'event'::regclass
)
SELECT max(day) FILTER (WHERE day - 1 NOT IN (SELECT day FROM daily WHERE day IS NOT NULL))::timestamp AT TIME ZONE 'UTC' AS "from",
  (max(day) + 1)::timestamp AT TIME ZONE 'UTC' AS "to"
FROM daily`;

/** Reads the days of events. Null if there is none. */
export async function readEventDays(pool: pg.Pool): Promise<EventDays | null> {
  const { rows } = await pool.query<EventDays>(READ);
  return rows[0]?.from ? rows[0] : null;
}
