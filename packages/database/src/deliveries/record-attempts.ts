import type { DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { idRange } from '../ids/id-range.js';
import { type AttemptRecord, INPUT, inputOf } from './attempt-input.js';
import { dueInMs } from './due-in-ms.js';
import { findExistingDeliveries } from './find-existing-deliveries.js';
import { emitBlocked, emitExhausted } from '../notifications/emit-exhausted.js';
import { type LockedRows, SKIPS_LOCKED, skippingLocked, WAITS_BRIEFLY } from '../connection/locked-rows.js';
import { ATTEMPT_COLUMNS, LAST_ATTEMPT } from './make-pending.js';
import { isErasedSql } from '../events/stored-body.js';
import { isTimely } from '../usage/timely.js';

/** A delivery after one of its attempts was recorded. */
export interface RecordedDelivery {
  status: DeliveryStatus;
  /** When its job runs next, in milliseconds from now; null if it needs none: it is settled, parked or held. */
  dueInMs: number | null;
  /** It was made pending again, with a later epoch, after the request of the attempt had started. */
  isSuperseded?: boolean;
}

const SETTLED_COLUMNS = `id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, replay_id, reason,
  attempt_id, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, sequence, ordering_key`;

/**
 * Records first attempts that succeeded: by far the most frequent, so their statement opens as few tables as possible. A success counts
 * whatever the epoch.
 * The table of earlier attempts is not among them: only an earlier attempt of the same delivery can already be recorded there. Nor is
 * `usage_late`: attempts that belong there are recorded by the next statement. So are those of shorter histories, unless the whole history
 * is recorded: an insert into class 0 has one level of partitions less to go through.
 */
const recordFirst = (input: string, condition: string, isWhole: boolean) => `
WITH removed AS (
  DELETE FROM pending_delivery d USING ${input} AS i (id, delivery_id, started_at, duration_ms, response_status, response_body)
  WHERE ${condition} AND d.attempt_count = 0${isWhole ? '' : ' AND d.history_class = 0'} AND ${isTimely('i.id')} AND ${WAITS_BRIEFLY}
  RETURNING d.*, i.id AS attempt_id, i.started_at, i.duration_ms, i.response_status, i.response_body
)
INSERT INTO settled_delivery${isWhole ? '' : '_class_0'} (${SETTLED_COLUMNS}, history_class)
SELECT id, event_id, webhook_id, tenant_id, now(), 'succeeded', epoch, 1, succeeded_before, replay_id, NULL,
  attempt_id, started_at, duration_ms, response_status, response_body, NULL, NULL, trigger, sequence, ordering_key, history_class
FROM removed
RETURNING id, status, NULL AS "dueInMs"`;

/** At everyday load, most statements record one attempt. */
const recordFirstOf = (isWhole: boolean) => ({
  one: recordFirst(
    '(SELECT $1::uuid, $2::uuid, $3::timestamptz, $4::integer, $5::smallint, $6::text)',
    'd.id = $2',
    isWhole,
  ),
  several: recordFirst(
    'unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[], $5::smallint[], $6::text[])',
    'd.id = i.delivery_id',
    isWhole,
  ),
});

const RECORD_FIRST = { most: recordFirstOf(false), whole: recordFirstOf(true) };

/** Pools that have recorded a success of a shorter history. From then on, the first statement records those, too. */
const withShorterHistories = new WeakSet<pg.Pool>();

/** Counts attempts that are not found by the time in their ids. */
const countLate = (attempts: string) => `
  INSERT INTO usage_late (id, tenant_id, day, events, deliveries, attempts, bytes)
  SELECT id, tenant_id, (started_at AT TIME ZONE 'UTC')::date, 0, 0, 1, 0 FROM ${attempts}
  ON CONFLICT DO NOTHING`;

/** Attempts of pending deliveries. One that was recorded before, in a batch whose response was lost, changes nothing. */
const recordStatement = (lockedRows: LockedRows) => `
WITH ${INPUT}, locked AS MATERIALIZED (
  SELECT * FROM pending_delivery d WHERE d.id = ANY ($2::uuid[]) AND ${WAITS_BRIEFLY}
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
  THEN greatest(${dueInMs('result')}, 0) END AS "dueInMs", history_class > 0 AS "isShorter", coalesce(result.epoch > i.epoch, false) AS "isSuperseded"
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

/** Attempts of deliveries that were settled meanwhile. The last attempt stays in the row of the delivery. */
const recordLateStatement = (lockedRows: LockedRows) => `
WITH ${INPUT}, locked AS MATERIALIZED (
  SELECT * FROM settled_delivery d WHERE d.id = ANY ($2::uuid[]) AND d.id >= $19 AND d.id <= $20 AND ${WAITS_BRIEFLY}
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
  WHERE d.id = c.delivery_id AND d.id >= $19 AND d.id <= $20
  RETURNING d.id, d.status
)
SELECT id, status, NULL AS "dueInMs" FROM updated
UNION ALL
SELECT id, status, NULL FROM locked WHERE id NOT IN (SELECT delivery_id FROM current)`;

/** A delivery can be settled, or made pending again, between two statements. */
const MAX_ROUNDS = 3;

/**
 * Records attempts, each with the next number of its delivery, and settles or updates their deliveries. A success makes its
 * delivery succeeded, whatever happened since the request was sent. A failure changes the delivery only if no other attempt was
 * recorded and the delivery was neither settled nor made pending again since. Emits an operational event for each delivery
 * that ends without a success or starts to block others, if its tenant subscribes to them.
 * @param lockedRows `wait` waits for locked rows, for a moment, before it skips them
 * @returns the deliveries, in the order of `attempts`; `locked`, without an attempt, for one that another transaction has locked;
 * undefined for one that no longer exists
 */
export async function recordAttempts(
  pool: pg.Pool,
  attempts: readonly AttemptRecord[],
  lockedRows: LockedRows = 'wait',
): Promise<(RecordedDelivery | 'locked' | undefined)[]> {
  const results = new Map<AttemptRecord, RecordedDelivery | 'locked'>();
  // In order of delivery ids, so that two batches wait for each other instead of deadlocking.
  let missing = attempts.toSorted((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));

  async function run(record: RecordStep, batch: readonly AttemptRecord[]): Promise<void> {
    if (batch.length === 0) return;
    const byDelivery = new Map(batch.map((attempt) => [attempt.deliveryId, attempt]));
    for (const { id, isShorter, ...delivery } of await record(pool, [...byDelivery.values()])) {
      const attempt = byDelivery.get(id);
      if (attempt) results.set(attempt, delivery);
      if (isShorter) withShorterHistories.add(pool);
    }
    missing = missing.filter((attempt) => !results.has(attempt));
  }

  async function recordAll(): Promise<void> {
    await run(
      recordFirstSuccesses,
      missing.filter(({ status }) => status === 'succeeded'),
    );
    for (let round = 0; round < MAX_ROUNDS && missing.length > 0; round += 1) {
      await run(recordPending.wait, missing);
      await run(recordLate.wait, missing);
    }
  }

  async function recordUnlocked(): Promise<void> {
    await run(recordPending.skip, missing);
    await run(recordLate.skip, missing);
    const existing = await findExistingDeliveries(
      pool,
      missing.map(({ deliveryId }) => deliveryId),
    );
    for (const attempt of missing) if (existing.has(attempt.deliveryId)) results.set(attempt, 'locked');
  }

  if (lockedRows === 'skip') await recordUnlocked();
  else await skippingLocked((rows) => (rows === 'wait' ? recordAll() : recordUnlocked()));
  return attempts.map((attempt) => results.get(attempt));
}

/** `isShorter`: it has a shorter history than the installation from now on. */
type Row = RecordedDelivery & { id: string; isShorter?: boolean };

/** Records attempts of different deliveries, and returns those deliveries that it found. */
type RecordStep = (pool: pg.Pool, attempts: readonly AttemptRecord[]) => Promise<Row[]>;

const recordFirstSuccesses: RecordStep = async (pool, attempts) => {
  const [first] = attempts;
  const history = withShorterHistories.has(pool) ? 'whole' : 'most';
  const { one, several } = RECORD_FIRST[history];
  const { rows } = await pool.query<Row>(
    first && attempts.length === 1
      ? preparedStatement(pool, `record-first-success-${history}`, one, firstSuccessOf(first))
      : preparedStatement(pool, `record-first-successes-${history}`, several, [
          attempts.map((attempt) => attempt.id),
          attempts.map((attempt) => attempt.deliveryId),
          attempts.map((attempt) => attempt.startedAt.toISOString()),
          attempts.map((attempt) => attempt.durationMs),
          attempts.map((attempt) => attempt.responseStatus),
          attempts.map((attempt) => attempt.responseBody),
        ]),
  );
  return rows;
};

const firstSuccessOf = (attempt: AttemptRecord): unknown[] => [
  attempt.id,
  attempt.deliveryId,
  attempt.startedAt.toISOString(),
  attempt.durationMs,
  attempt.responseStatus,
  attempt.responseBody,
];

/** Whether an operational event reports the result. */
const isReported = ({ status, isExhausted }: AttemptRecord): boolean =>
  status === 'failed' || status === 'dropped' || isExhausted;

const pendingStep = (lockedRows: LockedRows): RecordStep => {
  const [only, andEmit] = [recordOnly(lockedRows), recordAndEmit(lockedRows)];
  return async (pool, attempts) => {
    const { rows } = await pool.query<Row>(
      attempts.some(isReported)
        ? preparedStatement(pool, `record-attempts-and-emit-${lockedRows}`, andEmit, inputOf(attempts))
        : preparedStatement(pool, `record-attempts-${lockedRows}`, only, inputOf(attempts)),
    );
    return rows;
  };
};

const recordPending: Record<LockedRows, RecordStep> = {
  wait: pendingStep('wait'),
  skip: pendingStep('skip'),
};

const lateStep = (lockedRows: LockedRows): RecordStep => {
  const statement = recordLateStatement(lockedRows);
  return async (pool, attempts) => {
    const { rows } = await pool.query<Row>(
      preparedStatement(pool, `record-late-attempts-${lockedRows}`, statement, [
        ...inputOf(attempts),
        ...rangeOf(attempts),
      ]),
    );
    return rows;
  };
};

const recordLate: Record<LockedRows, RecordStep> = { wait: lateStep('wait'), skip: lateStep('skip') };

const rangeOf = (attempts: readonly AttemptRecord[]) => idRange(attempts.map(({ deliveryId }) => deliveryId));
