import type pg from 'pg';

/** What limits the pace of an active webhook. */
export interface WebhookLimits {
  id: string;
  epoch: number;
  validatedAt: Date | null;
  maxInFlight: number;
  rateLimit: { limit: number; perSeconds: number } | null;
}

const READ = `
SELECT id, epoch, validated_at AS "validatedAt", max_in_flight AS "maxInFlight",
  CASE WHEN rate_limit IS NOT NULL
    THEN json_build_object('limit', rate_limit, 'perSeconds', rate_limit_seconds) END AS "rateLimit"
FROM webhook WHERE id = ANY ($1::uuid[]) AND status = 'active'`;

/** Those of the webhooks that are active. */
export async function readWebhookLimits(pool: pg.Pool, ids: readonly string[]): Promise<WebhookLimits[]> {
  const { rows } = await pool.query<WebhookLimits>(READ, [ids]);
  return rows;
}

const SET_SLOW = `
UPDATE webhook w SET slow_since = CASE WHEN i.slow THEN now() END
FROM unnest($1::uuid[], $2::integer[], $3::boolean[]) AS i (id, epoch, slow)
WHERE w.id = i.id AND w.epoch = i.epoch AND (w.slow_since IS NOT NULL) <> i.slow`;

/** Moves webhooks into the slow lane or out of it, unless they were suspended or came back meanwhile. */
export async function setSlow(
  pool: pg.Pool,
  changes: readonly { id: string; epoch: number; slow: boolean }[],
): Promise<void> {
  await pool.query(SET_SLOW, [
    changes.map(({ id }) => id),
    changes.map(({ epoch }) => epoch),
    changes.map(({ slow }) => slow),
  ]);
}
