import type pg from 'pg';
import { emit, jsonTime } from './operational-events.js';

/** How a webhook has done of late. */
export interface HealthUpdate {
  webhookId: string;
  /** Its last success among what is noted. */
  succeededAt: Date | null;
  /** The first failure after that; null when it did not fail again. */
  failingSince: Date | null;
}

const SQL = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS t (id, succeeded_at, failing_since)
), known AS MATERIALIZED (
  -- In the order of the id, so that two workers wait for each other instead of deadlocking.
  SELECT w.id, w.tenant_id, w.url, w.failing_since AS failed_since, w.failing_warned_at, i.succeeded_at,
    CASE WHEN i.succeeded_at IS NULL THEN least(w.failing_since, i.failing_since) ELSE i.failing_since END AS failing_since
  FROM webhook w JOIN input i ON i.id = w.id
  WHERE w.status = 'active'
    -- What failed before it was activated, or at its old URL, says nothing of it any more.
    AND coalesce(i.failing_since >= greatest(w.active_since, w.validated_at), true)
  ORDER BY w.id
  FOR NO KEY UPDATE OF w
), noted AS (
  UPDATE webhook w SET failing_since = k.failing_since,
    failing_warned_at = CASE WHEN k.succeeded_at IS NULL THEN k.failing_warned_at END
  FROM known k
  WHERE w.id = k.id AND k.failing_since IS DISTINCT FROM k.failed_since
), recovered AS (
  SELECT * FROM known
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
 * Keeps `failing_since`, the first failure since the last success, of active webhooks, each noted once. Tells of those
 * that recovered after their owners had been warned.
 */
export async function recordHealth(pool: pg.Pool, notes: readonly HealthUpdate[]): Promise<void> {
  await pool.query(SQL, [
    notes.map((note) => note.webhookId),
    notes.map((note) => note.succeededAt?.toISOString() ?? null),
    notes.map((note) => note.failingSince?.toISOString() ?? null),
  ]);
}
