import { preparedStatement } from '../connection/connect.js';
import { type LockedRows, SKIPS_LOCKED, WAITS_BRIEFLY } from '../connection/locked-rows.js';
import { isErasedSql } from '../events/stored-body.js';
import { idRange } from '../ids/id-range.js';
import { type AttemptRecord, inputOf, inputSql } from './attempt-input.js';
import { countLate } from './count-late.js';
import { ATTEMPT_COLUMNS, LAST_ATTEMPT } from './history-columns.js';
import type { RecordedRow, RecordStep } from './record-step.js';

const IN_RANGE = 'd.id >= $1 AND d.id <= $2';
const { input, deliveryIds } = inputSql(3);

/** Attempts of deliveries that were settled meanwhile. The last attempt stays in the row of the delivery. */
const recordLateStatement = (lockedRows: LockedRows) => `
WITH ${input}, locked AS MATERIALIZED (
  SELECT * FROM settled_delivery d WHERE d.id = ANY (${deliveryIds}) AND ${IN_RANGE} AND ${WAITS_BRIEFLY}
  ORDER BY d.id FOR UPDATE ${SKIPS_LOCKED[lockedRows]}
), current AS MATERIALIZED (
  SELECT i.*, d.tenant_id, d.attempt_count + 1 AS number, i.status = 'succeeded' AND d.status <> 'succeeded' AS is_decisive,
    -- What the receiver of an erased event responded is not stored.
    coalesce((SELECT NOT ${isErasedSql('event')} FROM event WHERE event.id = d.event_id LIMIT 1), true) AS is_kept
  FROM input i JOIN locked d ON d.id = i.delivery_id
  WHERE d.attempt_id IS DISTINCT FROM i.id AND (SELECT true FROM earlier_attempt a WHERE a.id = i.id LIMIT 1) IS NULL
), kept AS (
  INSERT INTO earlier_attempt (${ATTEMPT_COLUMNS})
  SELECT ${LAST_ATTEMPT} FROM locked WHERE attempt_id IS NOT NULL AND id IN (SELECT delivery_id FROM current)
  ON CONFLICT DO NOTHING
), late AS (${countLate('current')}
), updated AS (
  UPDATE settled_delivery d SET
    attempt_count = c.number,
    status = CASE WHEN c.is_decisive THEN 'succeeded' ELSE d.status END,
    reason = CASE WHEN c.is_decisive THEN NULL ELSE d.reason END,
    attempt_id = c.id, started_at = c.started_at, duration_ms = c.duration_ms, response_status = c.response_status,
    response_body = CASE WHEN c.is_kept THEN c.response_body END, error_code = c.error_code,
    error_message = CASE WHEN c.is_kept THEN c.error_message END,
    -- The delivery was settled meanwhile, so it is not known what the attempt was made for.
    trigger = NULL, response_headers = CASE WHEN c.is_kept THEN c.response_headers END
  FROM current c
  WHERE d.id = c.delivery_id AND ${IN_RANGE}
  RETURNING d.id, d.status
)
SELECT id, status, NULL AS "dueInMs" FROM updated
UNION ALL
SELECT id, status, NULL FROM locked WHERE id NOT IN (SELECT delivery_id FROM current)`;

const lateStep = (lockedRows: LockedRows): RecordStep => {
  const statement = recordLateStatement(lockedRows);
  return async (pool, attempts) => {
    const { rows } = await pool.query<RecordedRow>(
      preparedStatement(pool, `record-late-attempts-${lockedRows}`, statement, [
        ...rangeOf(attempts),
        ...inputOf(attempts),
      ]),
    );
    return rows;
  };
};

export const recordLate: Record<LockedRows, RecordStep> = { wait: lateStep('wait'), skip: lateStep('skip') };

const rangeOf = (attempts: readonly AttemptRecord[]) => idRange(attempts.map(({ deliveryId }) => deliveryId));
