import { setTimeout as sleep } from 'node:timers/promises';
import type { DropReason } from '@posthorn/core';
import type pg from 'pg';
import { isShadowed } from '../webhooks/is-shadowed.js';
import { settleWithoutAttempt } from './settle-without-attempt.js';
import { isTransient, retryTransient } from '../connection/transient.js';

const CHUNK = 5000;

/** Default duration, in milliseconds. Enough for tens of thousands of deliveries. */
const MAX_MS = 2000;

/** Pause for workers that are recording attempts of the remaining deliveries, in milliseconds. */
const LOCKED_PAUSE_MS = 20;

const SELECT = `
SELECT id FROM pending_delivery WHERE webhook_id = $1 AND epoch < $2 LIMIT ${CHUNK}`;

/** Those that were created for a shadow keep that reason. */
const REASON = `CASE WHEN (SELECT ${isShadowed('d.epoch')} FROM webhook w WHERE w.id = d.webhook_id) THEN 'shadow' ELSE $3 END`;

// Does not wait for workers that are recording attempts of the same deliveries.
const DROP = `
WITH unlocked AS MATERIALIZED (
  SELECT id FROM pending_delivery WHERE id = ANY ($1::uuid[]) AND epoch < $2
  FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM pending_delivery d USING unlocked WHERE d.id = unlocked.id RETURNING d.*
), ${settleWithoutAttempt('removed', { status: `'dropped'`, reason: REASON })}
SELECT count(*)::integer AS settled, (count(*) FILTER (WHERE status = 'dropped'))::integer AS dropped FROM settled`;

// If the webhook is locked, the next call finds nothing to drop and tries again.
const MARK_DROPPED = `
UPDATE webhook SET dropped_epoch = $2 WHERE id = (
  SELECT id FROM webhook WHERE id = $1 AND dropped_epoch < $2 FOR NO KEY UPDATE SKIP LOCKED
)`;

export interface PendingToDrop {
  webhookId: string;
  /** Deliveries with an epoch before this are dropped. Those created after a reactivation have a later epoch. */
  epoch: number;
  reason: DropReason;
  /** Stops after this time, in milliseconds. */
  maxMs?: number;
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
export async function dropPendingDeliveries(pool: pg.Pool, pending: PendingToDrop): Promise<number> {
  const { webhookId, epoch, reason, maxMs = MAX_MS } = pending;
  const endsAtMs = performance.now() + maxMs;
  const hasTime = (): boolean => performance.now() < endsAtMs;
  const query = <Row extends pg.QueryResultRow>(text: string, values: unknown[]) =>
    retryTransient(() => pool.query<Row>(text, values), {
      shouldRetry: (error) => isTransient(error) && hasTime(),
    });

  let dropped = 0;
  try {
    do {
      const { rows } = await query<{ id: string }>(SELECT, [webhookId, epoch]);
      if (rows.length === 0) {
        await query(MARK_DROPPED, [webhookId, epoch]);
        break;
      }
      const ids = rows.map(({ id }) => id);
      const { rows: counts } = await query<DropCounts>(DROP, [ids, epoch, reason]);
      dropped += counts[0]?.dropped ?? 0;
      if (counts[0]?.settled !== rows.length) await sleep(LOCKED_PAUSE_MS);
    } while (hasTime());
  } catch (error) {
    if (!isTransient(error)) throw error;
  }
  return dropped;
}
