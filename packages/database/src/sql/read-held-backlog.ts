import type pg from 'pg';

const READ = `
SELECT count(*)::int AS count, min(next_attempt_at) AS oldest FROM delivery
WHERE status = 'pending' AND held AND webhook_id = ANY ($1::uuid[])`;

/** Returns the number of held deliveries of these webhooks, and the age of the oldest in milliseconds. */
export async function readHeldBacklog(
  pool: pg.Pool,
  webhookIds: readonly string[],
  now: Date,
): Promise<{ count: number; oldestMs: number }> {
  const { rows } = await pool.query<{ count: number; oldest: Date | null }>(READ, [webhookIds]);
  const { count = 0, oldest = null } = rows[0] ?? {};
  return { count, oldestMs: oldest ? Math.max(now.getTime() - oldest.getTime(), 0) : 0 };
}
