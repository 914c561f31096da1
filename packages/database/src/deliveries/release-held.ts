import type pg from 'pg';
import {
  DUE_DELIVERY_COLUMNS,
  type DueDelivery,
  type DueDeliveryRow,
  toDueDelivery,
} from './due-delivery.js';

/** How many held deliveries of a webhook to release. */
export interface Release {
  webhookId: string;
  count: number;
}

const RELEASE = `
UPDATE pending_delivery d SET held = false
WHERE d.held AND d.id = ANY (ARRAY(
  SELECT oldest.id FROM unnest($1::uuid[], $2::integer[]) AS i (webhook_id, count)
  CROSS JOIN LATERAL (
    SELECT id FROM pending_delivery
    WHERE webhook_id = i.webhook_id AND held
    ORDER BY next_attempt_at, id
    LIMIT i.count
    FOR NO KEY UPDATE SKIP LOCKED
  ) AS oldest
))
RETURNING ${DUE_DELIVERY_COLUMNS}`;

/**
 * Releases the oldest held deliveries of webhooks, and returns them ordered by due time. The caller enqueues a job for each; otherwise the
 * reconciler does. Skips rows that another transaction is changing, so two callers at once release each delivery once and never wait for
 * each other.
 */
export async function releaseHeld(pool: pg.Pool, releases: readonly Release[]): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueDeliveryRow>(RELEASE, [
    releases.map(({ webhookId }) => webhookId),
    releases.map(({ count }) => count),
  ]);
  return rows.map(toDueDelivery).toSorted((a, b) => a.dueInMs - b.dueInMs || (a.id < b.id ? -1 : 1));
}
