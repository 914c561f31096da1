import { decodeId, encodeId, LIVE_CHAIN, newId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { findHeads } from '@posthorn/database/deliveries';
import type { DeliveryQueue } from '@posthorn/queue';

export interface OrderedEvent {
  n: number;
  /** Default: strict order. */
  key?: string;
}

const STORE = `
WITH sequence AS (
  INSERT INTO webhook_sequence AS s (webhook_id, last, history) VALUES ($1, $4, posthorn_history()) ON CONFLICT (webhook_id) DO UPDATE SET last = s.last + $4
  RETURNING last
), event AS (
  INSERT INTO event (id, tenant_id, published_at, type, body)
  SELECT i.id, w.tenant_id, now(), 'ordered.event', i.body FROM webhook w, unnest($2::uuid[], $3::text[]) AS i (id, body) WHERE w.id = $1
)
INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, sequence, ordering_key, chain)
SELECT posthorn_delivery_id(i.id), i.id, w.id, w.tenant_id, now(), w.epoch, sequence.last - $4 + i.position, i.key, '${LIVE_CHAIN}'
FROM webhook w, sequence, unnest($2::uuid[], $5::text[]) WITH ORDINALITY AS i (id, key, position) WHERE w.id = $1
RETURNING id, sequence::int`;

/** Stores deliveries of new events in their order, as an accepting process does that is killed after its commit. Returns their ids. */
export async function storeInOrder(
  pool: Pool,
  webhookId: string,
  events: readonly OrderedEvent[],
): Promise<string[]> {
  const ids = events.map(() => newId());
  const timestamp = new Date().toISOString();
  const bodies = events.map(({ n, key }, index) =>
    JSON.stringify({
      id: encodeId('event', ids[index] ?? ''),
      type: 'ordered.event',
      timestamp,
      data: { n, key },
    }),
  );
  const keys = events.map(({ key }) => key ?? '');
  const { rows } = await pool.query<{ id: string; sequence: number }>(STORE, [
    decodeId('webhook', webhookId),
    ids,
    bodies,
    events.length,
    keys,
  ]);
  return rows.toSorted((a, b) => a.sequence - b.sequence).map(({ id }) => id);
}

/** Stores deliveries in order, and adds the jobs of the heads among them, as the process that accepts their events. */
export async function acceptInOrder(
  { pool, queue }: { pool: Pool; queue: DeliveryQueue },
  webhookId: string,
  events: readonly OrderedEvent[],
): Promise<string[]> {
  const ids = await storeInOrder(pool, webhookId, events);
  const heads = await findHeads(pool, ids);
  await queue.enqueue(heads.map(({ id: deliveryId, lane }) => ({ deliveryId, lane })));
  return ids;
}
