import type pg from 'pg';

export interface NewEvent {
  id: string;
  tenantId: string;
  type: string;
  /** Every pattern that a matching subscription may have. */
  patterns: string[];
  /** The request body as it will be signed and sent. */
  body: string;
  publishedAt: Date;
  /** Pushed to Redis: webhooks that became active after `publishedAt` do not match. */
  pushed: boolean;
  idempotencyKey: string | null;
}

export interface AcceptedEvent {
  eventId: string;
  deliveryIds: string[];
}

const SQL = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[], $7::text[])
    AS t (id, tenant_id, type, body, published_at, pushed, idempotency_key)
), claimed AS (
  -- In the order of the key, so that two batches with the same keys wait for each other instead of deadlocking.
  INSERT INTO event_idempotency (tenant_id, key, event_id)
  SELECT tenant_id, idempotency_key, id FROM input WHERE idempotency_key IS NOT NULL
  ORDER BY tenant_id, idempotency_key
  ON CONFLICT DO NOTHING
  RETURNING event_id
), accepted AS (
  INSERT INTO event (id, tenant_id, type, body, published_at)
  SELECT id, tenant_id, type, body, published_at FROM input
  WHERE idempotency_key IS NULL OR id IN (SELECT event_id FROM claimed)
  ON CONFLICT (id) DO NOTHING
  RETURNING id
), matched AS (
  SELECT DISTINCT i.id AS event_id, i.tenant_id, w.id AS webhook_id, w.epoch
  FROM accepted a
  JOIN input i ON i.id = a.id
  JOIN unnest($8::uuid[], $9::text[]) AS p (event_id, pattern) ON p.event_id = i.id
  JOIN webhook_subscription s ON s.tenant_id = i.tenant_id AND s.pattern = p.pattern
  JOIN webhook w ON w.id = s.webhook_id AND w.status = 'active'
  WHERE NOT i.pushed OR w.active_since <= i.published_at
), made AS (
  INSERT INTO delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
  SELECT posthorn_uuidv7(), event_id, webhook_id, tenant_id, now(), epoch FROM matched
  RETURNING id, event_id
)
SELECT a.id AS event_id, d.id AS delivery_id FROM accepted a LEFT JOIN made d ON d.event_id = a.id`;

/**
 * Takes a batch of events in one transaction: stores them, matches the active webhooks and makes one delivery for each
 * match. Answers only what is new: an event whose id or idempotency key is there already is left out.
 */
export async function acceptEvents(pool: pg.Pool, events: readonly NewEvent[]): Promise<AcceptedEvent[]> {
  const patterns = events.flatMap((event) => event.patterns.map((pattern) => [event.id, pattern] as const));
  const { rows } = await pool.query<{ event_id: string; delivery_id: string | null }>(SQL, [
    events.map((event) => event.id),
    events.map((event) => event.tenantId),
    events.map((event) => event.type),
    events.map((event) => event.body),
    events.map((event) => event.publishedAt.toISOString()),
    events.map((event) => event.pushed),
    events.map((event) => event.idempotencyKey),
    patterns.map(([eventId]) => eventId),
    patterns.map(([, pattern]) => pattern),
  ]);
  const accepted = new Map<string, string[]>();
  for (const { event_id: eventId, delivery_id: deliveryId } of rows) {
    const deliveryIds = accepted.get(eventId) ?? [];
    if (deliveryId !== null) deliveryIds.push(deliveryId);
    accepted.set(eventId, deliveryIds);
  }
  return Array.from(accepted, ([eventId, deliveryIds]) => ({ eventId, deliveryIds }));
}
