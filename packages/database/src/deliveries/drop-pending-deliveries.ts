import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { stopReason } from '../webhooks/stop-reason.js';
import { settleWithoutAttempt } from './settle-without-attempt.js';
import { isTransient, retryTransient } from '../connection/transient.js';

const CHUNK = 5000;

/** Default duration, in milliseconds. Enough for tens of thousands of deliveries. */
const MAX_MS = 2000;

/** Pause for workers that are recording attempts of the remaining deliveries, in milliseconds. */
const LOCKED_PAUSE_MS = 20;

/** What to drop. The parameters of both statements are the id and the epoch. */
interface Scope {
  /** Returns the next deliveries. */
  select: string;
  /** Records that none is left. If the row is locked, the next call finds nothing to drop and tries again. */
  mark: string;
}

const OF_WEBHOOK: Scope = {
  select: `SELECT id, epoch FROM pending_delivery WHERE webhook_id = $1 AND epoch < $2 LIMIT ${CHUNK}`,
  mark: `
UPDATE webhook SET dropped_epoch = $2 WHERE id = (
  SELECT id FROM webhook WHERE id = $1 AND dropped_epoch < $2 FOR NO KEY UPDATE SKIP LOCKED
)`,
};

/** The condition that a tenant has not changed since it was suspended or deleted. */
const IS_STOPPED = `id = $1 AND status <> 'active' AND epoch = $2`;

const OF_TENANT: Scope = {
  // LATERAL forces a lookup by index for each webhook, regardless of statistics.
  select: `
SELECT d.id, d.epoch
FROM webhook w CROSS JOIN LATERAL (SELECT id, epoch FROM pending_delivery WHERE webhook_id = w.id LIMIT ${CHUNK}) d
WHERE w.tenant_id = $1 AND EXISTS (SELECT FROM tenant WHERE ${IS_STOPPED})
LIMIT ${CHUNK}`,
  mark: `
UPDATE tenant SET dropped_epoch = $2 WHERE id = (
  SELECT id FROM tenant WHERE ${IS_STOPPED} AND dropped_epoch < $2 FOR NO KEY UPDATE SKIP LOCKED
)`,
};

const REASON = `(
  SELECT ${stopReason('d.epoch')} FROM webhook w JOIN tenant t ON t.id = w.tenant_id WHERE w.id = d.webhook_id
)`;

// Does not wait for workers that are recording attempts of the same deliveries. One that was made pending again has a later epoch.
const DROP = `
WITH unlocked AS MATERIALIZED (
  SELECT d.id FROM pending_delivery d JOIN unnest($1::uuid[], $2::integer[]) AS i (id, epoch) ON i.id = d.id AND i.epoch = d.epoch
  WHERE d.id = ANY ($1::uuid[])
  FOR UPDATE OF d SKIP LOCKED
), removed AS (
  DELETE FROM pending_delivery d USING unlocked WHERE d.id = unlocked.id RETURNING d.*
), ${settleWithoutAttempt('removed', { status: `'dropped'`, reason: REASON })}
SELECT count(*)::integer AS settled, (count(*) FILTER (WHERE status = 'dropped'))::integer AS dropped FROM settled`;

interface DropLimit {
  /** Stops after this time, in milliseconds. */
  maxMs?: number | undefined;
}

export interface PendingToDrop extends DropLimit {
  webhookId: string;
  /** Deliveries with an epoch before this are dropped. Those created after a reactivation have a later epoch. */
  epoch: number;
}

export interface PendingOfTenant extends DropLimit {
  tenantId: string;
  /** The epoch of the suspend or delete. */
  epoch: number;
}

/** The numbers of deliveries that one statement has settled and, among them, dropped. */
interface DropCounts {
  settled: number;
  dropped: number;
}

/**
 * Drops the pending deliveries of a webhook in chunks, and returns how many. Replayed ones that had succeeded before are succeeded
 * again, and do not count. No worker sends them in the meantime. A producer drops those that remain after `maxMs` or an error of
 * PostgreSQL: `listWebhooksToDrop` returns the webhook until none remains.
 */
export const dropPendingDeliveries = (
  pool: pg.Pool,
  { webhookId, epoch, maxMs }: PendingToDrop,
): Promise<number> => dropInChunks(pool, OF_WEBHOOK, { id: webhookId, epoch, maxMs });

/**
 * Drops the pending deliveries of all webhooks of a suspended or deleted tenant, like `dropPendingDeliveries`. `listTenantsToDrop`
 * returns the tenant until none remains. Once it is active again, `listWebhooksToDrop` returns its webhooks.
 */
export const dropPendingOfTenant = (
  pool: pg.Pool,
  { tenantId, epoch, maxMs }: PendingOfTenant,
): Promise<number> => dropInChunks(pool, OF_TENANT, { id: tenantId, epoch, maxMs });

async function dropInChunks(
  pool: pg.Pool,
  { select, mark }: Scope,
  { id, epoch, maxMs = MAX_MS }: { id: string; epoch: number } & DropLimit,
): Promise<number> {
  const endsAtMs = performance.now() + maxMs;
  const hasTime = (): boolean => performance.now() < endsAtMs;
  const query = <Row extends pg.QueryResultRow>(text: string, values: unknown[]) =>
    retryTransient(() => pool.query<Row>(text, values), {
      shouldRetry: (error) => isTransient(error) && hasTime(),
    });

  let dropped = 0;
  try {
    do {
      const { rows } = await query<{ id: string; epoch: number }>(select, [id, epoch]);
      if (rows.length === 0) {
        await query(mark, [id, epoch]);
        break;
      }
      const values = [rows.map((row) => row.id), rows.map((row) => row.epoch)];
      const { rows: counts } = await query<DropCounts>(DROP, values);
      dropped += counts[0]?.dropped ?? 0;
      if (counts[0]?.settled !== rows.length) await sleep(LOCKED_PAUSE_MS);
    } while (hasTime());
  } catch (error) {
    if (!isTransient(error)) throw error;
  }
  return dropped;
}
