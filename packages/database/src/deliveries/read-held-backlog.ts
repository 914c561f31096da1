import type pg from 'pg';
import { ageMs } from './due-in-ms.js';

const READ = `
SELECT count(*)::int AS count, greatest(${ageMs('min(next_attempt_at)')}, 0) AS "oldestMs" FROM pending_delivery
WHERE held AND webhook_id = ANY ($1::uuid[])`;

/** Returns the number of held deliveries of these webhooks, and the age of the oldest in milliseconds. */
export async function readHeldBacklog(
  pool: pg.Pool,
  webhookIds: readonly string[],
): Promise<{ count: number; oldestMs: number }> {
  const { rows } = await pool.query<{ count: number; oldestMs: number }>(READ, [webhookIds]);
  return rows[0] ?? { count: 0, oldestMs: 0 };
}
