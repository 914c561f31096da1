import { LIVE_CHAIN } from '@posthorn/core';
import type pg from 'pg';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

/** A webhook with an order for which too many deliveries wait. */
export interface LongBacklog {
  id: string;
  epoch: number;
  url: string;
}

// Deliveries from before a suspension do not count: they are being dropped. Counted only if so many numbers were given since the first
// one that is pending, which reads two index entries. OFFSET reads at most so many entries of the index.
const LIST = `
SELECT w.id, w.epoch, w.url FROM webhook w
WHERE w.ordering <> 'none' AND w.status = 'active' AND w.dropped_epoch = w.epoch AND ${isActiveTenant()} AND (
  SELECT last FROM webhook_sequence s WHERE s.webhook_id = w.id
) - (SELECT min(sequence) FROM pending_delivery d WHERE d.webhook_id = w.id AND sequence IS NOT NULL) >= $1 AND EXISTS (
  SELECT FROM pending_delivery d WHERE d.webhook_id = w.id AND d.chain = '${LIVE_CHAIN}' OFFSET $1 LIMIT 1
)
ORDER BY w.id`;

/** Returns the active webhooks with an order that have more than `max` pending deliveries in their chains. */
export async function listLongBacklogs(pool: pg.Pool, max: number): Promise<LongBacklog[]> {
  const { rows } = await pool.query<LongBacklog>(LIST, [max]);
  return rows;
}
