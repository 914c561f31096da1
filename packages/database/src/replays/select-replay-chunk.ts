import type pg from 'pg';
import { LAST_ID } from '../ids/last-id.js';
import { MAY_BRING_FORWARD, waitsForRetry } from '../deliveries/bring-forward.js';
import { isOfEvent } from '../ids/of-event.js';
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
const START = `coalesce($2::uuid, posthorn_uuid_floor($3::timestamptz), '00000000-0000-0000-0000-000000000000')`;

const IN_RANGE = `id > ${START}
    AND id < coalesce(posthorn_uuid_floor($4::timestamptz), ${LAST_ID})`;

/** Condition: a pending delivery `d` existed when the replay was created. Looks up the few events whose ids are of a later time. */
const WAS_CREATED = `(d.id < posthorn_uuid_floor($5::timestamptz)
          OR (SELECT published_at FROM event WHERE event.id = d.event_id LIMIT 1) <= $5)`;

/** The next settled deliveries that meet a condition, at most `MAX_SCANNED`. */
const settled = (condition: string) => `(
  SELECT id, event_id, webhook_id, status, settled_at, attempt_count, replay_id, sequence, ordering_key, false AS waits_for_retry
  FROM settled_delivery
  WHERE ${condition} AND ${IN_RANGE}
  ORDER BY id LIMIT ${MAX_SCANNED}
)`;

/** The same with pending ones. A query for each status reads an index in order of ids. */
const UNSUCCESSFUL = `
  SELECT * FROM (
    ${settled(`webhook_id = $1 AND status = 'failed' AND 'failed' = ANY ($6::text[])`)}
    UNION ALL ${settled(`webhook_id = $1 AND status = 'dropped' AND reason IS DISTINCT FROM 'shadow' AND 'dropped' = ANY ($6::text[])`)}
    UNION ALL (
      SELECT id, event_id, webhook_id, 'pending', NULL, attempt_count, replay_id, sequence, ordering_key,
        ${waitsForRetry('d')} AND (NOT $10::boolean OR ${MAY_BRING_FORWARD}) AND ${WAS_CREATED}
          -- Those of earlier epochs are being dropped.
          AND d.epoch = (SELECT epoch FROM webhook w WHERE w.id = d.webhook_id)
      FROM pending_delivery d
      WHERE webhook_id = $1 AND ${IN_RANGE}
      ORDER BY id LIMIT ${MAX_SCANNED}
    )
  ) AS u
  ORDER BY id LIMIT ${MAX_SCANNED}`;

/** Of one webhook, deliveries in order are requeued in the order of their numbers, which can differ from that of ids. */
const IN_ORDER = 'CASE WHEN ordering_key IS NOT NULL THEN sequence END NULLS FIRST, id';

/**
 * Selects the first deliveries of a window of `MAX_SCANNED`, in an order. The cursor stops before the first one of the window that is
 * left: the next chunk reads the window again without those that the replay has requeued.
 */
const select = (deliveries: string, order: string) => `
WITH scanned AS MATERIALIZED (${deliveries}
), matching AS MATERIALIZED (
  SELECT d.id, d.webhook_id, row_number() OVER (ORDER BY ${order}) <= $8 AS is_selected FROM scanned d
  WHERE d.replay_id IS DISTINCT FROM $9 AND CASE d.status WHEN 'pending' THEN d.waits_for_retry
    -- Only deliveries that were settled when the replay was created.
    ELSE ${replayable({ statuses: '$6', eventTypes: '$7' })} AND d.settled_at <= $5 END
), remaining AS (
  SELECT id FROM matching WHERE NOT is_selected ORDER BY id LIMIT 1
)
SELECT
  ARRAY(SELECT id FROM matching WHERE is_selected ORDER BY id) AS "deliveryIds",
  ARRAY(SELECT DISTINCT webhook_id FROM matching WHERE is_selected) AS "webhookIds",
  CASE WHEN EXISTS (SELECT FROM remaining)
    THEN coalesce((SELECT s.id FROM scanned s, remaining r WHERE s.id < r.id ORDER BY s.id DESC LIMIT 1), ${START})
    WHEN (SELECT count(*) FROM scanned) >= ${MAX_SCANNED} THEN (SELECT id FROM scanned ORDER BY id DESC LIMIT 1)
    -- All have been scanned. Those that are created from now on are not part of the replay.
    ELSE (SELECT ${LAST_ID} FROM scanned LIMIT 1) END AS cursor`;

const SELECT_OF_WEBHOOK = select(settled('webhook_id = $1'), IN_ORDER);
const SELECT_OF_EVENT = select(settled(isOfEvent('$1', { row: 'settled_delivery' })), 'id');
const SELECT_OF_RECOVERY = select(UNSUCCESSFUL, IN_ORDER);

/**
 * Returns the next deliveries of a replay, at most `limit`, as an array in the order of their ids. A chunk without deliveries but with a cursor means
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
    replay.id,
  ];
  const { rows } =
    replay.recoveryId === null
      ? await pool.query<ReplayChunk>(replay.webhookId === null ? SELECT_OF_EVENT : SELECT_OF_WEBHOOK, values)
      : await pool.query<ReplayChunk>(SELECT_OF_RECOVERY, [...values, replay.isAutomatic]);
  return rows[0] ?? { deliveryIds: [], webhookIds: [], cursor: null };
}
