import type pg from 'pg';
import type { RunningReplay } from './list-running-replays.js';
import { replayable } from './replayable.js';

/** Most deliveries that are looked at for one chunk: where few fit, no statement takes long. */
const MOST_LOOKED_AT = 2000;

/** The next deliveries that a replay may make again. */
export interface ReplayChunk {
  deliveryIds: string[];
  /** The webhooks of these, each once. */
  webhookIds: string[];
  /** The last delivery that was looked at, from where to go on; null when there is none any more. */
  cursor: string | null;
}

const look = (target: 'webhook_id' | 'event_id') => `
WITH looked AS MATERIALIZED (
  SELECT id, event_id, webhook_id, status, settled_at, attempt_count FROM delivery
  WHERE ${target} = $1
    AND id > coalesce($2::uuid, posthorn_uuid_floor($3::timestamptz), '00000000-0000-0000-0000-000000000000')
    AND id < least(posthorn_uuid_floor($4::timestamptz), posthorn_uuid_floor($5::timestamptz))
  ORDER BY id LIMIT ${MOST_LOOKED_AT}
), fitting AS MATERIALIZED (
  SELECT d.id, d.webhook_id FROM looked d WHERE ${replayable({ statuses: '$6', eventTypes: '$7' })}
    -- What was over when the replay was asked for: nothing that is made, or made again, since then.
    AND d.settled_at <= $5
  ORDER BY d.id LIMIT $8
)
SELECT
  ARRAY(SELECT id FROM fitting ORDER BY id) AS "deliveryIds",
  ARRAY(SELECT DISTINCT webhook_id FROM fitting) AS "webhookIds",
  (
    SELECT id FROM looked WHERE (SELECT count(*) FROM fitting) < $8 OR id IN (SELECT id FROM fitting)
    ORDER BY id DESC LIMIT 1
  ) AS cursor`;

const LOOK_OF_WEBHOOK = look('webhook_id');
const LOOK_OF_EVENT = look('event_id');

/**
 * Reads, in the order of the ids, which at most `limit` deliveries come next in a replay. There may be none among those
 * that were looked at, and yet some after.
 */
export async function selectReplayChunk(
  pool: pg.Pool,
  replay: RunningReplay,
  limit: number,
): Promise<ReplayChunk> {
  const { rows } = await pool.query<ReplayChunk>(
    replay.webhookId === null ? LOOK_OF_EVENT : LOOK_OF_WEBHOOK,
    [
      replay.webhookId ?? replay.eventId,
      replay.cursor,
      replay.from,
      replay.to,
      replay.createdAt,
      replay.statuses,
      replay.eventTypes,
      limit,
    ],
  );
  return rows[0] ?? { deliveryIds: [], webhookIds: [], cursor: null };
}
