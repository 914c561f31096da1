import { preparedStatement } from '../connection/connect.js';
import { type LockedRows, SKIPS_LOCKED, WAITS_BRIEFLY } from '../connection/locked-rows.js';
import { emitBlocked, emitExhausted } from '../notifications/emit-exhausted.js';
import { isTimely } from '../usage/timely.js';
import { type AttemptRecord, inputOf, inputSql } from './attempt-input.js';
import { countLate } from './count-late.js';
import { dueInMs } from './due-in-ms.js';
import { ATTEMPT_COLUMNS, SETTLED_COLUMNS } from './history-columns.js';
import type { RecordedRow, RecordStep } from './record-step.js';

const { input, deliveryIds } = inputSql(1);

/** Attempts of pending deliveries. One that was recorded before, in a batch whose response was lost, changes nothing. */
const recordStatement = (lockedRows: LockedRows) => `
WITH ${input}, locked AS MATERIALIZED (
  SELECT * FROM pending_delivery d WHERE d.id = ANY (${deliveryIds}) AND ${WAITS_BRIEFLY}
  ORDER BY d.id -- two batches with the same deliveries wait for each other instead of deadlocking
  FOR UPDATE ${SKIPS_LOCKED[lockedRows]}
), current AS MATERIALIZED (
  SELECT i.*, d.event_id, d.webhook_id, d.tenant_id, d.epoch AS delivery_epoch, d.block_reported, d.succeeded_before, d.replay_id, d.sequence, d.ordering_key, d.history_class,
    d.attempt_count + 1 AS number, CASE WHEN awaited.is_awaited THEN d.trigger END AS trigger,
    decisive.is_decisive, decisive.is_decisive AND i.status <> 'pending' AS is_settled
  FROM input i JOIN locked d ON d.id = i.delivery_id
  CROSS JOIN LATERAL (SELECT d.epoch = i.epoch AND d.next_attempt_at IS NOT DISTINCT FROM i.due_at) AS awaited (is_awaited)
  -- A success always decides. A failure counts only for the attempt that the delivery waits for.
  CROSS JOIN LATERAL (SELECT i.status = 'succeeded' OR awaited.is_awaited) AS decisive (is_decisive)
  WHERE d.attempt_count = 0 OR (SELECT true FROM earlier_attempt a WHERE a.id = i.id LIMIT 1) IS NULL
), removed AS (
  DELETE FROM pending_delivery d USING current c WHERE c.is_settled AND d.id = c.delivery_id
  RETURNING d.id
), settled AS (
  INSERT INTO settled_delivery (${SETTLED_COLUMNS}, response_headers, history_class)
  SELECT delivery_id, event_id, webhook_id, tenant_id, now(), status, delivery_epoch, number, succeeded_before, replay_id, reason,
    id, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, sequence, ordering_key, response_headers, history_class
  FROM current WHERE is_settled
  RETURNING id, status, history_class
), noted AS (
  INSERT INTO earlier_attempt (${ATTEMPT_COLUMNS})
  SELECT ${ATTEMPT_COLUMNS} FROM current WHERE NOT is_settled
  ON CONFLICT DO NOTHING
  RETURNING id
), late AS (${countLate(`current WHERE NOT (${isTimely('id')}) AND (is_settled OR id IN (SELECT id FROM noted))`)}
), updated AS (
  UPDATE pending_delivery d SET
    attempt_count = c.number,
    unscheduled_attempts = d.unscheduled_attempts + (c.is_decisive AND c.is_unscheduled)::int,
    next_attempt_at = CASE WHEN c.is_decisive THEN now() + c.retry_delay_ms * interval '1 ms' ELSE d.next_attempt_at END,
    parked = CASE WHEN c.is_decisive THEN c.parked ELSE d.parked END,
    format_id = CASE WHEN c.is_decisive THEN c.format_id ELSE d.format_id END,
    trigger = CASE WHEN NOT c.is_decisive THEN d.trigger END,
    held = NOT c.is_decisive AND d.held,
    block_reported = d.block_reported OR (c.is_decisive AND c.is_exhausted)
  FROM current c JOIN noted ON noted.id = c.id
  WHERE d.id = c.delivery_id
  RETURNING d.id, d.next_attempt_at, d.parked, d.held, d.epoch
), result AS (
  SELECT id, status, NULL::timestamptz AS next_attempt_at, false AS parked, false AS held, history_class, NULL::integer AS epoch FROM settled
  UNION ALL
  SELECT id, 'pending', next_attempt_at, parked, held, 0, epoch FROM updated
  UNION ALL
  SELECT id, 'pending', next_attempt_at, parked, held, 0, epoch FROM locked
  WHERE id NOT IN (SELECT id FROM settled UNION ALL SELECT id FROM updated)
)`;

const RESULT = `
SELECT result.id, result.status, CASE WHEN result.status = 'pending' AND NOT result.parked AND NOT held
  THEN greatest(${dueInMs('result')}, 0) END AS "dueInMs", history_class > 0 AS "hasShorterHistory", coalesce(result.epoch > i.epoch, false) AS "isSuperseded"
FROM result JOIN input i ON i.delivery_id = result.id`;

const recordOnly = (lockedRows: LockedRows) => `${recordStatement(lockedRows)}${RESULT}`;

/** A separate statement, executed only for batches with deliveries that have failed, or block others beyond their schedule. */
const recordAndEmit = (lockedRows: LockedRows) => `${recordStatement(lockedRows)}, failed AS (
  SELECT *, number AS attempts FROM current WHERE is_settled AND status <> 'succeeded'
), emitted AS (${emitExhausted('failed')}
), blocking AS (
  SELECT *, number AS attempts FROM current WHERE is_decisive AND is_exhausted AND NOT block_reported
), emitted_blocked AS (${emitBlocked('blocking')}
)${RESULT}`;

/** Whether an operational event reports the result. */
const isReported = ({ status, isExhausted }: AttemptRecord): boolean =>
  status === 'failed' || status === 'dropped' || isExhausted;

const pendingStep = (lockedRows: LockedRows): RecordStep => {
  const [only, andEmit] = [recordOnly(lockedRows), recordAndEmit(lockedRows)];
  return async (pool, attempts) => {
    const { rows } = await pool.query<RecordedRow>(
      attempts.some(isReported)
        ? preparedStatement(pool, `record-attempts-and-emit-${lockedRows}`, andEmit, inputOf(attempts))
        : preparedStatement(pool, `record-attempts-${lockedRows}`, only, inputOf(attempts)),
    );
    return rows;
  };
};

export const recordPending: Record<LockedRows, RecordStep> = {
  wait: pendingStep('wait'),
  skip: pendingStep('skip'),
};
