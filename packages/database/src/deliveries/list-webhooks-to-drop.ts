import type { DropReason } from '@posthorn/core';
import type pg from 'pg';
import type { PendingToDrop } from './drop-pending-deliveries.js';

/** The condition for webhooks whose pending deliveries are not all dropped, `minAgeMs` after their suspend or delete. */
export const dropsDue = (minAgeMs: string): string => `dropped_epoch < epoch
  AND coalesce(greatest(suspended_at, active_since, deleted_at), created_at) <= now() - ${minAgeMs}::double precision * interval '1 ms'`;

const LIST = `
SELECT id AS "webhookId", epoch, CASE status WHEN 'deleted' THEN 'deleted' ELSE 'suspended' END AS reason
FROM webhook
WHERE ${dropsDue('$2')}
ORDER BY random() LIMIT $1`;

/**
 * Returns webhooks that were suspended or deleted at least `minAgeMs` ago and whose pending deliveries are not all dropped yet, in random order, so
 * that a long backlog does not delay the others.
 */
export async function listWebhooksToDrop(
  pool: pg.Pool,
  { limit, minAgeMs }: { limit: number; minAgeMs: number },
): Promise<(PendingToDrop & { reason: DropReason })[]> {
  const { rows } = await pool.query<PendingToDrop & { reason: DropReason }>(LIST, [limit, minAgeMs]);
  return rows;
}
