import type pg from 'pg';
import type { ReplayTarget, SettledStatus } from './create-replay.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

/** A replay with status `running`. */
export type RunningReplay = ReplayTarget & {
  id: string;
  from: Date | null;
  /** Null for all deliveries that existed when the replay was created. */
  to: Date | null;
  /** Empty for all settled ones. `pending` stands for those that wait for a retry; only the replay of a recovery has it. */
  statuses: (SettledStatus | 'pending')[];
  /** Empty for all. */
  eventTypes: string[];
  /** Deliveries up to this id have been processed. */
  cursor: string | null;
  createdAt: Date;
  /** Its webhook and its tenant have been active since the replay was created. Always true for an event, whose webhooks are checked one by one. */
  isTargetActive: boolean;
  /** The recovery that it is part of. */
  recoveryId: string | null;
  /** Part of a recovery that is cancelled, whose deliveries are being dropped. */
  isCancelled: boolean;
  /** Part of a recovery that Posthorn has started. */
  isAutomatic: boolean;
  /** The webhook of an automatic recovery is failing again, and a delivery of the recovery has failed since. */
  isFailingAgain: boolean;
};

/** An automatic recovery ends when its webhook has been failing for this long: a single failure does not end it. */
const FAILING_AGAIN_AFTER = `interval '5 s'`;

/** Limits how many deliveries that have failed again are read to find a recent failure. Usually the one with the latest retry is recent. */
const MAX_SCANNED = 1000;

/**
 * Condition: webhook `w` is failing, and a delivery of replay `r` has failed since. Without the second part, a single failure would
 * end a recovery whose deliveries wait for their turns or for the rate limit: until the next one is sent, no success is possible.
 */
const IS_FAILING_AGAIN = `w.failing_since < now() - ${FAILING_AGAIN_AFTER} AND EXISTS (
    SELECT FROM (
      SELECT id FROM pending_delivery WHERE replay_id = r.id AND next_attempt_at > now()
      ORDER BY next_attempt_at DESC LIMIT ${MAX_SCANNED}
    ) AS d
    JOIN earlier_attempt a ON a.delivery_id = d.id
    -- The id of an attempt is of its end. It excludes the partitions of earlier days.
    WHERE a.id >= posthorn_uuid_floor(w.failing_since) AND a.started_at >= w.failing_since + ${FAILING_AGAIN_AFTER}
  )`;

const LIST = `
SELECT r.id, r.webhook_id AS "webhookId", r.event_id AS "eventId", r.from_time AS "from", r.to_time AS "to", r.statuses,
  r.event_types AS "eventTypes", r.cursor, r.created_at AS "createdAt",
  r.webhook_id IS NULL OR EXISTS (
    SELECT FROM webhook w WHERE w.id = r.webhook_id AND w.status = 'active' AND w.active_since <= r.created_at
      AND ${isActiveTenant()}
  ) AS "isTargetActive",
  r.recovery_id AS "recoveryId", recovery.cancelled_at IS NOT NULL AS "isCancelled", coalesce(recovery.automatic, false) AS "isAutomatic",
  coalesce(recovery.automatic, false) AND EXISTS (
    SELECT FROM webhook w WHERE w.id = r.webhook_id AND ${IS_FAILING_AGAIN}
  ) AS "isFailingAgain"
FROM replay r LEFT JOIN recovery ON recovery.id = r.recovery_id WHERE r.status = 'running'
ORDER BY r.id`;

/** The condition that replays run. */
export const REPLAYS_ARE_DUE = `EXISTS (SELECT FROM replay WHERE status = 'running')`;

/** Returns all running replays, oldest first. */
export async function listRunningReplays(pool: pg.Pool): Promise<RunningReplay[]> {
  const { rows } = await pool.query<RunningReplay>(LIST);
  return rows;
}
