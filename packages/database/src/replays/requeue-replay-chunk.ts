import type pg from 'pg';
import { BRING_FORWARD, waitsForRetry } from '../deliveries/bring-forward.js';
import { findHeads } from '../deliveries/chain.js';
import { makePending } from '../deliveries/make-pending.js';
import { keepsPayload } from '../events/payload-day.js';
import { idRange } from '../ids/id-range.js';
import type { ReplayChunk } from './select-replay-chunk.js';
import type { RunningReplay } from './list-running-replays.js';
import { showsErasedSql } from '../events/stored-body.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

const REQUEUE = `
WITH running AS MATERIALIZED (
  SELECT id, created_at, statuses, CASE WHEN recovery_id IS NULL THEN 'replay' ELSE 'recovery' END AS kind FROM replay
  WHERE id = $1 AND status = 'running' AND cursor IS NOT DISTINCT FROM $2::uuid
    AND NOT EXISTS (SELECT FROM recovery c WHERE c.id = replay.recovery_id AND c.cancelled_at IS NOT NULL)
  FOR UPDATE
), active AS MATERIALIZED (
  -- Locked, so that a concurrent suspend either prevents the requeue or drops the requeued deliveries.
  SELECT w.id, w.epoch FROM running r
  JOIN webhook w ON w.id = ANY ($3::uuid[]) AND w.status = 'active' AND w.delivery = 'push' AND w.active_since <= r.created_at
    AND ${isActiveTenant()}
  ORDER BY w.id
  FOR SHARE OF w
), locked AS MATERIALIZED (
  -- Ordered by id: two statements that change the same deliveries wait for each other instead of deadlocking.
  SELECT id FROM settled_delivery WHERE id = ANY ($4::uuid[]) AND id >= $6 AND id <= $7 ORDER BY id FOR UPDATE
), removed AS (
  DELETE FROM settled_delivery d USING active w, running r, locked
  WHERE d.id = locked.id AND d.id >= $6 AND d.id <= $7 AND d.webhook_id = w.id
    AND d.settled_at <= r.created_at AND d.replay_id IS DISTINCT FROM r.id
    -- Checked again: the event or its payload may have expired or been erased since. They cannot expire while a delivery of it is pending.
    AND (SELECT NOT ${showsErasedSql('event')} AND ${keepsPayload('event')} FROM event WHERE event.id = d.event_id LIMIT 1)
  RETURNING d.*, w.epoch AS webhook_epoch, r.id AS running_replay_id, r.kind AS replay_kind
), ${makePending('removed', { epoch: 'webhook_epoch', replayId: 'running_replay_id', chain: 'CASE WHEN ordering_key IS NOT NULL THEN running_replay_id END', trigger: 'replay_kind' })}, locked_pending AS MATERIALIZED (
  SELECT d.id FROM running r JOIN pending_delivery d ON d.id = ANY ($4::uuid[])
  WHERE 'pending' = ANY (r.statuses)
  ORDER BY d.id
  FOR UPDATE OF d
), brought_forward AS (
  UPDATE pending_delivery d SET ${BRING_FORWARD}, replay_id = r.id, brought_forward = true, format_id = NULL,
    trigger = r.kind
  FROM active w, running r, locked_pending locked
  WHERE d.id = locked.id AND d.webhook_id = w.id AND d.epoch = w.epoch AND ${waitsForRetry('d')}
    AND d.replay_id IS DISTINCT FROM r.id
  RETURNING d.id
), result AS (
  -- What is brought forward has an attempt, so it waits for no other.
  SELECT id, chain FROM requeued UNION ALL SELECT id, NULL FROM brought_forward
), advanced AS (
  UPDATE replay SET cursor = $5, queued = queued + (SELECT count(*) FROM result),
    total = greatest(total, queued + (SELECT count(*) FROM result))
  FROM running
  WHERE replay.id = running.id
)
SELECT d.id, d.chain IS NOT NULL AS "isChained" FROM running LEFT JOIN result d ON true ORDER BY d.id`;

/**
 * Makes the deliveries of a chunk pending again, with the current epochs of those webhooks that have been active since the
 * replay was created, and advances the cursor of the replay. One statement, so a crash cannot separate the two. For a recovery, also
 * brings forward those that wait for a retry.
 * @returns the ids of the deliveries that wait for no other, in order, for the caller to enqueue; null, with nothing changed, if the replay has finished or advanced meanwhile
 */
export async function requeueReplayChunk(
  pool: pg.Pool,
  replay: Pick<RunningReplay, 'id' | 'cursor'>,
  chunk: ReplayChunk,
): Promise<string[] | null> {
  const { rows } = await pool.query<{ id: string | null; isChained: boolean }>(REQUEUE, [
    replay.id,
    replay.cursor,
    chunk.webhookIds,
    chunk.deliveryIds,
    chunk.cursor,
    ...idRange(chunk.deliveryIds),
  ]);
  if (rows.length === 0) return null;
  const chained = rows.flatMap(({ id, isChained }) => (id !== null && isChained ? [id] : []));
  const heads = chained.length === 0 ? [] : await findHeads(pool, chained);
  const isHeadId = new Set(heads.map(({ id }) => id));
  return rows.flatMap(({ id, isChained }) => (id !== null && (!isChained || isHeadId.has(id)) ? [id] : []));
}
