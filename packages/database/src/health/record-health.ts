import type pg from 'pg';
import { MAY_BRING_FORWARD } from '../deliveries/bring-forward.js';
import { emit, jsonTime } from '../operational-events/emit.js';
import { idTime } from '../ids/id-time.js';
import { insertAuditEntries } from '../audit/insert-audit-entries.js';
import { type LockedRows, SKIPS_LOCKED, skippingLocked, WAITS_BRIEFLY } from '../connection/locked-rows.js';

/** The recent results of a webhook. */
export interface HealthUpdate {
  webhookId: string;
  /** The last success. */
  succeededAt: Date | null;
  /** The first failure after `succeededAt`. Null if there was none. */
  failingSince: Date | null;
}

/** Failures of at least this duration before a success are an outage. */
const OUTAGE = `interval '10 s'`;

/** Retries that are due sooner are not brought forward. */
const LONG_WAIT = `interval '10 s'`;

/** Limits how many pending deliveries of a webhook are read to find one that waits for a retry. */
const MAX_SCANNED = 1000;

const recordStatement = (lockedRows: LockedRows) => `
WITH input AS MATERIALIZED (
  SELECT id, succeeded_at + ahead AS succeeded_at, failing_since + ahead AS failing_since
  FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS t (id, succeeded_at, failing_since),
    -- How far the clock of PostgreSQL is ahead of the clock of the caller.
    coalesce(clock_timestamp() - $4::timestamptz, interval '0') AS ahead
), current AS MATERIALIZED (
  -- Ordered by id, so that two workers wait for each other instead of deadlocking.
  SELECT w.id, w.tenant_id, w.url, w.failing_since AS failed_since, w.failing_percent, i.succeeded_at,
    CASE WHEN i.succeeded_at IS NULL THEN least(w.failing_since, i.failing_since) ELSE i.failing_since END AS failing_since
  FROM webhook w JOIN input i ON i.id = w.id
  WHERE w.status = 'active'
    -- Ignores failures from before the activation, or of the previous URL.
    AND coalesce(i.failing_since >= greatest(w.active_since, w.validated_at), true) AND ${WAITS_BRIEFLY}
  ORDER BY w.id
  FOR NO KEY UPDATE OF w ${SKIPS_LOCKED[lockedRows]}
), updated AS (
  UPDATE webhook w SET failing_since = c.failing_since,
    failing_percent = CASE WHEN c.succeeded_at IS NULL THEN c.failing_percent END
  FROM current c
  WHERE w.id = c.id AND c.failing_since IS DISTINCT FROM c.failed_since
), recovered AS (
  SELECT * FROM current
  WHERE succeeded_at IS NOT NULL AND failed_since IS NOT NULL AND failing_percent IS NOT NULL
), emitted AS (${emit('posthorn.webhook.recovered', {
  data: `jsonb_build_object(
    'webhookId', id, 'url', url, 'failedSince', ${jsonTime('failed_since')}, 'recoveredAt', ${jsonTime('succeeded_at')}
  )`,
  from: 'recovered',
})}
), backlog AS MATERIALIZED (
  -- Webhooks that succeed again after an outage and have retries that wait for long. Usually their oldest pending deliveries wait.
  SELECT c.id AS webhook_id, c.tenant_id, posthorn_uuidv7() AS recovery_id, oldest.id AS oldest_id
  FROM current c CROSS JOIN LATERAL (
    SELECT id FROM (SELECT * FROM pending_delivery WHERE webhook_id = c.id ORDER BY id LIMIT ${MAX_SCANNED}) AS d
    WHERE attempt_count > 0 AND next_attempt_at > now() + ${LONG_WAIT} AND ${MAY_BRING_FORWARD}
    ORDER BY id LIMIT 1
  ) AS oldest
  WHERE c.succeeded_at >= c.failed_since + ${OUTAGE} AND NOT EXISTS (
    SELECT FROM replay r JOIN recovery ON recovery.id = r.recovery_id
    WHERE r.status = 'running' AND recovery.cancelled_at IS NULL AND r.webhook_id = c.id
      -- One that was requested brings its range forward, from the oldest delivery on, by itself.
      AND (recovery.automatic OR r.from_time <= ${idTime('oldest.id')})
  )
), started AS (
  INSERT INTO recovery (id, tenant_id, webhook_id, since, until, automatic)
  SELECT recovery_id, tenant_id, webhook_id, least(${idTime('oldest_id')}, now()), now(), true FROM backlog
  RETURNING *
), replays AS (
  -- The deliveries are counted as they are brought forward: to count them here could take long.
  INSERT INTO replay (id, tenant_id, webhook_id, from_time, to_time, statuses, event_types, total, recovery_id)
  SELECT posthorn_uuidv7(), tenant_id, webhook_id, since, NULL, '{pending}', '{}', 0, id FROM started
), audited AS (${insertAuditEntries('recovery.created', {
  from: 'started',
  after: `jsonb_build_object('automatic', true, 'since', ${jsonTime('since')}, 'until', ${jsonTime('until')})`,
})}
)
SELECT`;

const RECORD: Record<LockedRows, string> = { wait: recordStatement('wait'), skip: recordStatement('skip') };

/**
 * Updates `failing_since`, the first failure since the last success, of active webhooks, at most one update per webhook.
 * Emits `posthorn.webhook.recovered` for those that recovered after their owners were warned. Starts an automatic recovery of those
 * that succeed again after an outage, for their deliveries that wait for a retry. Skips webhooks whose rows are locked: their later
 * attempts record the same again.
 * @param now the clock of the times in `updates`; null if it is the clock of PostgreSQL
 */
export async function recordHealth(
  pool: pg.Pool,
  updates: readonly HealthUpdate[],
  now: Date | null = null,
): Promise<void> {
  const values = [
    updates.map((update) => update.webhookId),
    updates.map((update) => update.succeededAt?.toISOString() ?? null),
    updates.map((update) => update.failingSince?.toISOString() ?? null),
    now,
  ];
  await skippingLocked((lockedRows) => pool.query(RECORD[lockedRows], values));
}
