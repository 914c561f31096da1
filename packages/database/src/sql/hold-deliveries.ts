import type pg from 'pg';
import type { Transaction } from '../advisory-lock.js';
import { type DueDelivery, toDueDelivery } from './due-deliveries.js';

// Whether they are held already is not asked: that may end just now, and they are held once more after it.
const HOLD = `
UPDATE delivery SET held = true
WHERE id = ANY ($1::uuid[]) AND status = 'pending'`;

/** Puts deliveries aside until their webhooks have room: they lose their jobs, and `releaseHeld` gives them new ones. */
export async function holdDeliveries(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query(HOLD, [ids]);
}

/** A webhook, and how many of its held deliveries it may be given. */
export interface Release {
  webhookId: string;
  count: number;
}

const RELEASE = `
UPDATE delivery d SET held = false
WHERE d.status = 'pending' AND d.held AND d.id = ANY (ARRAY(
  SELECT first.id FROM unnest($1::uuid[], $2::integer[]) AS i (webhook_id, count)
  CROSS JOIN LATERAL (
    SELECT id FROM delivery
    WHERE webhook_id = i.webhook_id AND status = 'pending' AND held
    ORDER BY next_attempt_at, id
    LIMIT i.count
  ) AS first
))
RETURNING d.webhook_id, d.id, d.next_attempt_at, d.attempt_count, d.replay_id IS NOT NULL AS replayed,
  coalesce((SELECT slow_since IS NOT NULL FROM webhook w WHERE w.id = d.webhook_id), false) AS slow`;

/**
 * Takes held deliveries of webhooks back, those due first, and answers them in that order. The caller gives each a job
 * before the transaction ends: only then does the reconciler look for it.
 */
export async function releaseHeld(
  transaction: Transaction | pg.Pool,
  releases: readonly Release[],
): Promise<(DueDelivery & { webhookId: string })[]> {
  const { rows } = await transaction.query<Parameters<typeof toDueDelivery>[0] & { webhook_id: string }>(
    RELEASE,
    [releases.map(({ webhookId }) => webhookId), releases.map(({ count }) => count)],
  );
  const released = rows.map((row) => Object.assign(toDueDelivery(row), { webhookId: row.webhook_id }));
  return released.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || (a.id < b.id ? -1 : 1));
}

/** From one webhook to the next in the index, however many deliveries each has. */
const WITH_HELD = `
WITH RECURSIVE found AS (
  (SELECT webhook_id FROM delivery WHERE status = 'pending' AND held ORDER BY webhook_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT webhook_id FROM delivery
    WHERE status = 'pending' AND held AND webhook_id > found.webhook_id ORDER BY webhook_id LIMIT 1
  ) FROM found WHERE found.webhook_id IS NOT NULL
)
SELECT webhook_id FROM found WHERE webhook_id IS NOT NULL`;

/** Every webhook that has held deliveries. */
export async function listWebhooksWithHeld(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ webhook_id: string }>(WITH_HELD);
  return rows.map((row) => row.webhook_id);
}
