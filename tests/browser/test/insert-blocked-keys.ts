import { connect } from '@posthorn/database/connection';
import type { Stack } from '@posthorn/local';

/** Each key has a delivery that failed once and waits for its retry, and two that wait for it. All have a number. */
const INSERT = `
WITH made AS (
  SELECT posthorn_uuidv7() AS id, w.id AS webhook_id, w.tenant_id, w.epoch, key, number = 1 AS is_head,
    row_number() OVER (ORDER BY place, number) AS sequence
  FROM webhook w
  CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS keys (key, place)
  CROSS JOIN generate_series(1, 3) AS number
  WHERE w.url = $1
), events AS (
  INSERT INTO event (id, tenant_id, published_at, type, body)
  SELECT id, tenant_id, now(), 'account.changed',
    '{"id":"evt","type":"account.changed","timestamp":"2026-01-31T07:00:00Z","data":{}}'
  FROM made
), attempts AS (
  INSERT INTO earlier_attempt (
    id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_status, response_body
  )
  SELECT posthorn_uuidv7(), id, id, webhook_id, tenant_id, now() - interval '5 minutes', 12, 1, 503, 'closed' FROM made WHERE is_head
), counter AS (
  INSERT INTO webhook_sequence (webhook_id, last, history) SELECT webhook_id, max(sequence), posthorn_history() FROM made GROUP BY webhook_id
  ON CONFLICT (webhook_id) DO UPDATE SET last = EXCLUDED.last
)
INSERT INTO pending_delivery (
  id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, format_id, sequence, ordering_key, chain
)
SELECT id, id, webhook_id, tenant_id, now() + interval '1 hour', epoch, is_head::int, '00000000-0000-0000-0000-000000000000',
  sequence, key, '00000000-0000-0000-0000-000000000000'
FROM made`;

/** Inserts deliveries that block these keys of the webhook with this URL, each with two that wait. The key of a strict order is empty. */
export async function insertBlockedKeys(
  { databaseUrl }: Stack,
  url: string,
  keys: readonly string[],
): Promise<void> {
  const { pool, stop } = connect({ url: databaseUrl, applicationName: 'posthorn browser tests' });
  try {
    await pool.query(INSERT, [url, keys]);
  } finally {
    await stop();
  }
}
