import type pg from 'pg';

/** A loose index scan: reads one index entry per webhook, however many held deliveries it has. */
const LIST = `
WITH RECURSIVE found AS (
  (SELECT webhook_id FROM pending_delivery WHERE held ORDER BY webhook_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT webhook_id FROM pending_delivery
    WHERE held AND webhook_id > found.webhook_id ORDER BY webhook_id LIMIT 1
  ) FROM found WHERE found.webhook_id IS NOT NULL
)
SELECT webhook_id AS id FROM found WHERE webhook_id IS NOT NULL`;

/** Returns the ids of all webhooks that have held deliveries. */
export async function listWebhooksWithHeld(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(LIST);
  return rows.map(({ id }) => id);
}
