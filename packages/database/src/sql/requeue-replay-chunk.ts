import type pg from 'pg';
import type { ReplayChunk } from './select-replay-chunk.js';
import type { RunningReplay } from './list-running-replays.js';

/** A delivery that is pending again. */
export interface ReplayedDelivery {
  id: string;
  dueAt: Date;
}

const TAKE = `
WITH running AS MATERIALIZED (
  SELECT id, created_at FROM replay
  WHERE id = $1 AND status = 'running' AND cursor IS NOT DISTINCT FROM $2::uuid
  FOR UPDATE
), active AS MATERIALIZED (
  -- Held, so that a suspend that comes at the same time either forbids it or drops it.
  SELECT w.id, w.epoch FROM running r
  JOIN webhook w ON w.id = ANY ($3::uuid[]) AND w.status = 'active' AND w.active_since <= r.created_at
  ORDER BY w.id
  FOR SHARE OF w
), made AS (
  UPDATE delivery d SET status = 'pending', next_attempt_at = now(), epoch = w.epoch, reason = NULL, settled_at = NULL,
    parked = false, held = false, replay_id = r.id
  FROM active w, running r
  WHERE d.id = ANY ($4::uuid[]) AND d.webhook_id = w.id
    AND d.status <> 'pending' AND d.settled_at <= r.created_at AND d.replay_id IS DISTINCT FROM r.id
    -- Asked again here: an event may age out, but not while a delivery of it is pending.
    AND (SELECT true FROM event WHERE event.id = d.event_id LIMIT 1)
  RETURNING d.id, d.next_attempt_at
), moved AS (
  UPDATE replay SET cursor = $5, queued = queued + (SELECT count(*) FROM made) FROM running
  WHERE replay.id = running.id
)
SELECT m.id, m.next_attempt_at AS "dueAt" FROM running LEFT JOIN made m ON true ORDER BY m.id`;

/**
 * Makes a chunk of a replay pending again, under the present epochs of the webhooks that have been active ever since the
 * replay was asked for, and moves the replay past it: all in one statement, so that a kill leaves all or nothing of it.
 * Answers what is to be given a job, or null when the replay was ended, or moved on, meanwhile: then nothing is done.
 */
export async function requeueReplayChunk(
  pool: pg.Pool,
  replay: Pick<RunningReplay, 'id' | 'cursor'>,
  chunk: ReplayChunk,
): Promise<ReplayedDelivery[] | null> {
  const { rows } = await pool.query<ReplayedDelivery | { id: null }>(TAKE, [
    replay.id,
    replay.cursor,
    chunk.webhookIds,
    chunk.deliveryIds,
    chunk.cursor,
  ]);
  if (rows.length === 0) return null;
  return rows.filter((row) => row.id !== null);
}
