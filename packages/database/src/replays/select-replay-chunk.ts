import type pg from 'pg';
import { LAST_ID } from '../ids/last-id.js';
import { MAY_BRING_FORWARD, waitsForRetry } from '../deliveries/bring-forward.js';
import { replayable } from './replayable.js';
import type { RunningReplay } from './list-running-replays.js';

/** Maximum number of deliveries scanned for one chunk. Limits the duration of the statement when few deliveries match. */
const MAX_SCANNED = 2000;

/** The next deliveries of a replay. */
export interface ReplayChunk {
  deliveryIds: string[];
  /** The webhooks of these deliveries, without duplicates. */
  webhookIds: string[];
  /** The next chunk starts after this id. Null if there are no more deliveries. */
  cursor: string | null;
}

/** Without an end, ids of later times are included: the clock of a publisher may be up to a day fast. */
const IN_RANGE = `id > coalesce($2::uuid, posthorn_uuid_floor($3::timestamptz), '00000000-0000-0000-0000-000000000000')
    AND id < coalesce(posthorn_uuid_floor($4::timestamptz), ${LAST_ID})`;

/** Condition: a pending delivery `d` existed when the replay was created. Looks up the few events whose ids are of a later time. */
const WAS_CREATED = `(d.id < posthorn_uuid_floor($5::timestamptz)
          OR (SELECT published_at FROM event WHERE event.id = d.event_id LIMIT 1) <= $5)`;

/** The next settled deliveries that meet a condition, at most `MAX_SCANNED`. */
const settled = (condition: string) => `(
  SELECT id, event_id, webhook_id, status, settled_at, attempt_count, false AS waits_for_retry FROM settled_delivery
  WHERE ${condition} AND ${IN_RANGE}
  ORDER BY id LIMIT ${MAX_SCANNED}
)`;

/** The same with pending ones. A query for each status reads an index in order of ids. */
const UNSUCCESSFUL = `
  SELECT * FROM (
    ${settled(`webhook_id = $1 AND status = 'failed' AND 'failed' = ANY ($6::text[])`)}
    UNION ALL ${settled(`webhook_id = $1 AND status = 'dropped' AND reason IS DISTINCT FROM 'shadow' AND 'dropped' = ANY ($6::text[])`)}
    UNION ALL (
      SELECT id, event_id, webhook_id, 'pending', NULL, attempt_count,
        ${waitsForRetry('d')} AND (NOT $9::boolean OR ${MAY_BRING_FORWARD}) AND ${WAS_CREATED}
      FROM pending_delivery d
      WHERE webhook_id = $1 AND ${IN_RANGE}
      ORDER BY id LIMIT ${MAX_SCANNED}
    )
  ) AS u
  ORDER BY id LIMIT ${MAX_SCANNED}`;

const select = (deliveries: string) => `
WITH scanned AS MATERIALIZED (${deliveries}
), matching AS MATERIALIZED (
  SELECT d.id, d.webhook_id FROM scanned d WHERE CASE d.status WHEN 'pending' THEN d.waits_for_retry
    -- Only deliveries that were settled when the replay was created.
    ELSE ${replayable({ statuses: '$6', eventTypes: '$7' })} AND d.settled_at <= $5 END
  ORDER BY d.id LIMIT $8
)
SELECT
  ARRAY(SELECT id FROM matching ORDER BY id) AS "deliveryIds",
  ARRAY(SELECT DISTINCT webhook_id FROM matching) AS "webhookIds",
  CASE WHEN (SELECT count(*) FROM matching) >= $8 THEN (SELECT id FROM matching ORDER BY id DESC LIMIT 1)
    WHEN (SELECT count(*) FROM scanned) >= ${MAX_SCANNED} THEN (SELECT id FROM scanned ORDER BY id DESC LIMIT 1)
    -- All have been scanned. Those that are created from now on are not part of the replay.
    ELSE (SELECT ${LAST_ID} FROM scanned LIMIT 1) END AS cursor`;

const SELECT_OF_WEBHOOK = select(settled('webhook_id = $1'));
const SELECT_OF_EVENT = select(
  settled('event_id = $1 AND id >= posthorn_delivery_id_min($1) AND id <= posthorn_delivery_id_max($1)'),
);
const SELECT_OF_RECOVERY = select(UNSUCCESSFUL);

/**
 * Returns the next deliveries of a replay, at most `limit`, ordered by id. A chunk without deliveries but with a cursor means
 * that none of the scanned deliveries matched; later ones may.
 */
export async function selectReplayChunk(
  pool: pg.Pool,
  replay: RunningReplay,
  limit: number,
): Promise<ReplayChunk> {
  const values = [
    replay.webhookId ?? replay.eventId,
    replay.cursor,
    replay.from,
    replay.to,
    replay.createdAt,
    replay.statuses,
    replay.eventTypes,
    limit,
  ];
  const { rows } =
    replay.recoveryId === null
      ? await pool.query<ReplayChunk>(replay.webhookId === null ? SELECT_OF_EVENT : SELECT_OF_WEBHOOK, values)
      : await pool.query<ReplayChunk>(SELECT_OF_RECOVERY, [...values, replay.isAutomatic]);
  return rows[0] ?? { deliveryIds: [], webhookIds: [], cursor: null };
}
