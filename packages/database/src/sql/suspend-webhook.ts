import type pg from 'pg';

const SQL = `
UPDATE webhook SET status = 'suspended', epoch = epoch + 1, suspended_at = now(), suspend_reason = $4, updated_at = now()
WHERE id = $1 AND status = 'active' AND epoch = $2 AND url = $3
RETURNING epoch`;

/**
 * Suspends a webhook on the system's own account (the lifecycle's `suspend`, as one statement for a worker), if it is
 * still the one that was sent to: active, under that epoch, at that URL. Answers its new epoch, or null when it is not.
 * Its pending deliveries are dropped by the caller.
 */
export async function suspendWebhook(
  pool: pg.Pool,
  { id, epoch, url, reason }: { id: string; epoch: number; url: string; reason: string },
): Promise<number | null> {
  const { rows } = await pool.query<{ epoch: number }>(SQL, [id, epoch, url, reason]);
  return rows[0]?.epoch ?? null;
}
