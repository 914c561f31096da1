import type { WebhookFence } from '@posthorn/core';
import type pg from 'pg';

const READ = `
SELECT id AS "webhookId", epoch, status = 'deleted' AS "isDeleted" FROM webhook
WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND status IN ('suspended', 'deleted')`;

/** Returns the fence that a webhook must have; null if it is not suspended or deleted. @param target `tenantId` is null for any tenant */
export async function readFence(
  pool: pg.Pool,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<WebhookFence | null> {
  const { rows } = await pool.query<WebhookFence>(READ, [id, tenantId]);
  return rows[0] ?? null;
}
