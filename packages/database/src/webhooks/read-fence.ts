import type { WebhookFence } from '@posthorn/core';
import type pg from 'pg';

const READ = `
SELECT id AS "webhookId", epoch, status = 'deleted' AS "isDeleted", validated_at AS "validatedAt" FROM webhook
WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND status IN ('suspended', 'deleted')`;

/** The fence that a webhook must have. */
export interface CurrentFence extends WebhookFence {
  /** When its URL was validated. */
  validatedAt: Date | null;
}

/** Returns the fence that a webhook must have; null if it is not suspended or deleted. @param target `tenantId` is null for any tenant */
export async function readFence(
  pool: pg.Pool,
  { id, tenantId }: { id: string; tenantId: string | null },
): Promise<CurrentFence | null> {
  const { rows } = await pool.query<CurrentFence>(READ, [id, tenantId]);
  return rows[0] ?? null;
}
