import type pg from 'pg';
import { dropPendingDeliveries } from './drop-pending-deliveries.js';

/** Active webhooks. */
export interface DropScope {
  /** Null for all tenants. */
  tenantId: string | null;
  /** Null for all webhooks. */
  webhookId: string | null;
}

const NEXT = `
SELECT id AS "webhookId", epoch FROM webhook
WHERE status = 'active' AND dropped_epoch < epoch AND ($1::uuid IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR id = $2)
LIMIT 1`;

/**
 * Drops the deliveries that were pending when their webhooks were suspended, and are still left now that these are active again.
 * @param maxMs stops after this time, in milliseconds
 * @returns their number, and whether none remains
 */
export async function finishDrops(
  pool: pg.Pool,
  { tenantId, webhookId, maxMs }: DropScope & { maxMs: number },
): Promise<{ dropped: number; isFinished: boolean }> {
  const endsAtMs = performance.now() + maxMs;
  let dropped = 0;
  for (;;) {
    const { rows } = await pool.query<{ webhookId: string; epoch: number }>(NEXT, [tenantId, webhookId]);
    const [next] = rows;
    const leftMs = endsAtMs - performance.now();
    if (!next || leftMs <= 0) return { dropped, isFinished: !next };
    dropped += await dropPendingDeliveries(pool, { ...next, maxMs: leftMs });
  }
}
