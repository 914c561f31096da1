import type pg from 'pg';

const COUNT = `
SELECT count(*) FILTER (WHERE slow_since IS NOT NULL)::int AS slow,
  count(*) FILTER (WHERE failing_since IS NOT NULL)::int AS failing
FROM webhook WHERE status = 'active'`;

/** Returns the number of active webhooks in the slow lane, and of those that failed since their last success. */
export async function countUnhealthyWebhooks(pool: pg.Pool): Promise<{ slow: number; failing: number }> {
  const { rows } = await pool.query<{ slow: number; failing: number }>(COUNT);
  return rows[0] ?? { slow: 0, failing: 0 };
}
