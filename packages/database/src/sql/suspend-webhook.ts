import type pg from 'pg';

const SQL = `
UPDATE webhook SET status = 'suspended', epoch = epoch + 1, suspended_at = now(), suspend_reason = $2, updated_at = now()
WHERE id = $1 AND status = 'active'`;

/**
 * Suspends an active webhook on the system's own account (the lifecycle's \`suspend\`, as one statement for a worker), and
 * answers whether it was active. Its pending deliveries are dropped by the caller.
 */
export async function suspendWebhook(
  pool: pg.Pool,
  { webhookId, reason }: { webhookId: string; reason: string },
): Promise<boolean> {
  const { rowCount } = await pool.query(SQL, [webhookId, reason]);
  return rowCount === 1;
}
