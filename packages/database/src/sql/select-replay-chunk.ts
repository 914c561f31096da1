import type pg from 'pg';
import { replayable } from './fragments/replayable.js';
import type { RunningReplay } from './list-running-replays.js';

/** Maximum number of deliveries scanned for one chunk. Limits the duration of the statement when few deliveries match. */
const MAX_SCANNED = 2000;

/** The next deliveries of a replay. */
export interface ReplayChunk {
  deliveryIds: string[];
  /** The webhooks of these deliveries, without duplicates. */
  webhookIds: string[];
  /** The last delivery that was scanned, where the next chunk starts. Null if there are no more. */
  cursor: string | null;
}

const select = (target: string) => `
WITH scanned AS MATERIALIZED (
  SELECT id, event_id, webhook_id, status, settled_at, attempt_count FROM settled_delivery
  WHERE ${target}
    AND id > coalesce($2::uuid, posthorn_uuid_floor($3::timestamptz), '00000000-0000-0000-0000-000000000000')
    AND id < least(posthorn_uuid_floor($4::timestamptz), posthorn_uuid_floor($5::timestamptz))
  ORDER BY id LIMIT ${MAX_SCANNED}
), matching AS MATERIALIZED (
  SELECT d.id, d.webhook_id FROM scanned d WHERE ${replayable({ statuses: '$6', eventTypes: '$7' })}
    -- Only deliveries that were settled when the replay was created.
    AND d.settled_at <= $5
  ORDER BY d.id LIMIT $8
)
SELECT
  ARRAY(SELECT id FROM matching ORDER BY id) AS "deliveryIds",
  ARRAY(SELECT DISTINCT webhook_id FROM matching) AS "webhookIds",
  (
    SELECT id FROM scanned WHERE (SELECT count(*) FROM matching) < $8 OR id IN (SELECT id FROM matching)
    ORDER BY id DESC LIMIT 1
  ) AS cursor`;

const SELECT_OF_WEBHOOK = select('webhook_id = $1');
const SELECT_OF_EVENT = select(
  'event_id = $1 AND id >= posthorn_delivery_id_min($1) AND id <= posthorn_delivery_id_max($1)',
);

/**
 * Returns the next deliveries of a replay, at most `limit`, ordered by id. A chunk without deliveries but with a cursor means
 * that none of the scanned deliveries matched; later ones may.
 */
export async function selectReplayChunk(
  pool: pg.Pool,
  replay: RunningReplay,
  limit: number,
): Promise<ReplayChunk> {
  const { rows } = await pool.query<ReplayChunk>(
    replay.webhookId === null ? SELECT_OF_EVENT : SELECT_OF_WEBHOOK,
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
