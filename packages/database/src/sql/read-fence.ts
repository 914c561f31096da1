import type { WebhookFence } from '@posthorn/core';
import type pg from 'pg';

const READ = `
SELECT id AS "webhookId", epoch, status = 'deleted' AS "isDeleted" FROM webhook
WHERE id = $1 AND status IN ('suspended', 'deleted')`;

/** Returns the fence that a webhook must have; null if it is not suspended or deleted. */
export async function readFence(pool: pg.Pool, webhookId: string): Promise<WebhookFence | null> {
  const { rows } = await pool.query<WebhookFence>(READ, [webhookId]);
  return rows[0] ?? null;
}
