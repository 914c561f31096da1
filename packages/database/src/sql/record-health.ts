import type pg from 'pg';
import { emit, jsonTime } from './fragments/emit.js';

/** The recent results of a webhook. */
export interface HealthUpdate {
  webhookId: string;
  /** The last success. */
  succeededAt: Date | null;
  /** The first failure after `succeededAt`. Null if there was none. */
  failingSince: Date | null;
}

const RECORD = `
WITH input AS MATERIALIZED (
  SELECT id, succeeded_at + ahead AS succeeded_at, failing_since + ahead AS failing_since
  FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS t (id, succeeded_at, failing_since),
    -- How far the clock of PostgreSQL is ahead of that of the caller.
    coalesce(clock_timestamp() - $4::timestamptz, interval '0') AS ahead
), current AS MATERIALIZED (
  -- Ordered by id, so that two workers wait for each other instead of deadlocking.
  SELECT w.id, w.tenant_id, w.url, w.failing_since AS failed_since, w.failing_warned_at, i.succeeded_at,
    CASE WHEN i.succeeded_at IS NULL THEN least(w.failing_since, i.failing_since) ELSE i.failing_since END AS failing_since
  FROM webhook w JOIN input i ON i.id = w.id
  WHERE w.status = 'active'
    -- Ignores failures from before the activation, or of the previous URL.
    AND coalesce(i.failing_since >= greatest(w.active_since, w.validated_at), true)
  ORDER BY w.id
  FOR NO KEY UPDATE OF w
), updated AS (
  UPDATE webhook w SET failing_since = c.failing_since,
    failing_warned_at = CASE WHEN c.succeeded_at IS NULL THEN c.failing_warned_at END
  FROM current c
  WHERE w.id = c.id AND c.failing_since IS DISTINCT FROM c.failed_since
), recovered AS (
  SELECT * FROM current
  WHERE succeeded_at IS NOT NULL AND failed_since IS NOT NULL AND failing_warned_at IS NOT NULL
), emitted AS (${emit('posthorn.webhook.recovered', {
  data: `jsonb_build_object(
    'webhookId', id, 'url', url, 'failedSince', ${jsonTime('failed_since')}, 'recoveredAt', ${jsonTime('succeeded_at')}
  )`,
  from: 'recovered',
})}
)
SELECT`;

/**
 * Updates `failing_since`, the first failure since the last success, of active webhooks, at most one update per webhook.
 * Emits `posthorn.webhook.recovered` for those that recovered after their owners were warned.
 * @param now the clock of the times in `updates`; null if it is that of PostgreSQL
 */
export async function recordHealth(
  pool: pg.Pool,
  updates: readonly HealthUpdate[],
  now: Date | null = null,
): Promise<void> {
  await pool.query(RECORD, [
    updates.map((update) => update.webhookId),
    updates.map((update) => update.succeededAt?.toISOString() ?? null),
    updates.map((update) => update.failingSince?.toISOString() ?? null),
    now,
  ]);
}
