import type { DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { idRange } from '../ids/id-range.js';
import { dueInMs } from './due-in-ms.js';
import { emitBlocked, emitExhausted } from '../notifications/emit-exhausted.js';
import { type LockedRows, SKIPS_LOCKED, skippingLocked, WAITS_BRIEFLY } from '../connection/locked-rows.js';
import { ATTEMPT_COLUMNS, LAST_ATTEMPT } from './make-pending.js';

export interface AttemptRecord {
  id: string;
  deliveryId: string;
  /** The epoch and the due time that the delivery had when the request was sent. Together they identify one attempt. */
  epoch: number;
  dueAt: Date | null;
  startedAt: Date;
  durationMs: number;
  responseStatus: number | null;
  responseBody: string | null;
  /** The headers of a response that is a failure, as a JSON object. */
  responseHeaders: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** The new status of the delivery. */
  status: DeliveryStatus;
  reason: string | null;
  /** Delay before the next attempt, in milliseconds; null without a retry. */
  retryDelayMs: number | null;
  /** Its schedule is exhausted for the first time, and it blocks the deliveries that follow it. */
  startsBlocking: boolean;
  /** The retry is parked: it waits in PostgreSQL without a job. */
  parked: boolean;
  /** The format of the request, which a retry keeps. Null if none was made: then a retry uses the format of the webhook. */
  formatId: string | null;
}

/** A delivery after one of its attempts was recorded. */
export interface RecordedDelivery {
  status: DeliveryStatus;
  /** When its job runs next, in milliseconds from now; null if it needs none: it is settled, parked or held. */
  dueInMs: number | null;
}

const SETTLED_COLUMNS = `id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, replay_id, reason,
  attempt_id, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, sequence, ordering_key`;

/**
 * Records first attempts that succeeded: by far the most frequent, so their statement opens as few tables as possible. A success counts
 * whatever the epoch.
 * The table of earlier attempts is not among them: only an earlier attempt of the same delivery can already be recorded there.
 */
const recordFirst = (input: string, condition: string) => `
WITH removed AS (
  DELETE FROM pending_delivery d USING ${input} AS i (id, delivery_id, started_at, duration_ms, response_status, response_body)
  WHERE ${condition} AND d.attempt_count = 0 AND ${WAITS_BRIEFLY}
  RETURNING d.*, i.id AS attempt_id, i.started_at, i.duration_ms, i.response_status, i.response_body
)
INSERT INTO settled_delivery (${SETTLED_COLUMNS})
SELECT id, event_id, webhook_id, tenant_id, now(), 'succeeded', epoch, 1, succeeded_before, replay_id, NULL,
  attempt_id, started_at, duration_ms, response_status, response_body, NULL, NULL, trigger, sequence, ordering_key
FROM removed
RETURNING id, status, NULL AS "dueInMs"`;

const RECORD_FIRST_SUCCESSES = recordFirst(
  'unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[], $5::smallint[], $6::text[])',
  'd.id = i.delivery_id',
);

/** At everyday load, most statements record one attempt. */
const RECORD_FIRST_SUCCESS = recordFirst(
  '(SELECT $1::uuid, $2::uuid, $3::timestamptz, $4::integer, $5::smallint, $6::text)',
  'd.id = $2',
);

const INPUT = `input AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::smallint[],
    $8::text[], $9::text[], $10::text[], $11::delivery_status[], $12::text[], $13::double precision[], $14::boolean[], $15::uuid[],
    $16::text[], $17::boolean[]
  ) AS t (
    id, delivery_id, epoch, due_at, started_at, duration_ms, response_status, response_body, error_code,
    error_message, status, reason, retry_delay_ms, parked, format_id, response_headers, starts_blocking
  )
)`;

/** Attempts of pending deliveries. One that was recorded before, in a batch whose response was lost, changes nothing. */
const recordStatement = (lockedRows: LockedRows) => `
WITH ${INPUT}, locked AS MATERIALIZED (
  SELECT * FROM pending_delivery d WHERE d.id = ANY ($2::uuid[]) AND ${WAITS_BRIEFLY}
  ORDER BY d.id -- two batches with the same deliveries wait for each other instead of deadlocking
  FOR UPDATE ${SKIPS_LOCKED[lockedRows]}
), current AS MATERIALIZED (
  SELECT i.*, d.event_id, d.webhook_id, d.tenant_id, d.epoch AS delivery_epoch, d.succeeded_before, d.replay_id, d.sequence, d.ordering_key,
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
  INSERT INTO settled_delivery (${SETTLED_COLUMNS}, response_headers)
  SELECT delivery_id, event_id, webhook_id, tenant_id, now(), status, delivery_epoch, number, succeeded_before, replay_id, reason,
    id, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, sequence, ordering_key, response_headers
  FROM current WHERE is_settled
  RETURNING id, status
), noted AS (
  INSERT INTO earlier_attempt (${ATTEMPT_COLUMNS})
  SELECT ${ATTEMPT_COLUMNS} FROM current WHERE NOT is_settled
  ON CONFLICT (id) DO NOTHING
  RETURNING id
), updated AS (
  UPDATE pending_delivery d SET
    attempt_count = c.number,
    next_attempt_at = CASE WHEN c.is_decisive THEN now() + c.retry_delay_ms * interval '1 ms' ELSE d.next_attempt_at END,
    parked = CASE WHEN c.is_decisive THEN c.parked ELSE d.parked END,
    format_id = CASE WHEN c.is_decisive THEN c.format_id ELSE d.format_id END,
    trigger = CASE WHEN NOT c.is_decisive THEN d.trigger END,
    held = NOT c.is_decisive AND d.held
  FROM current c JOIN noted ON noted.id = c.id
  WHERE d.id = c.delivery_id
  RETURNING d.id, d.next_attempt_at, d.parked, d.held
), result AS (
  SELECT id, status, NULL::timestamptz AS next_attempt_at, false AS parked, false AS held FROM settled
  UNION ALL
  SELECT id, 'pending', next_attempt_at, parked, held FROM updated
  UNION ALL
  SELECT id, 'pending', next_attempt_at, parked, held FROM locked
  WHERE id NOT IN (SELECT id FROM settled UNION ALL SELECT id FROM updated)
)`;

const RESULT = `
SELECT id, status, CASE WHEN status = 'pending' AND NOT parked AND NOT held
  THEN greatest(${dueInMs('result')}, 0) END AS "dueInMs"
FROM result`;

const recordOnly = (lockedRows: LockedRows) => `${recordStatement(lockedRows)}${RESULT}`;

/** A separate statement, executed only for batches with deliveries that have failed, or start to block others. */
const recordAndEmit = (lockedRows: LockedRows) => `${recordStatement(lockedRows)}, failed AS (
  SELECT *, number AS attempts FROM current WHERE is_settled AND status <> 'succeeded'
), emitted AS (${emitExhausted('failed')}
), blocking AS (
  -- An attempt that was brought forward, in the place of the last one of the schedule, does not report it again.
  SELECT *, number AS attempts FROM current WHERE is_decisive AND starts_blocking AND trigger IS NULL
), emitted_blocked AS (${emitBlocked('blocking')}
)${RESULT}`;

/** Attempts of deliveries that were settled meanwhile. The last attempt stays in the row of the delivery. */
const recordLateStatement = (lockedRows: LockedRows) => `
WITH ${INPUT}, locked AS MATERIALIZED (
  SELECT * FROM settled_delivery d WHERE d.id = ANY ($2::uuid[]) AND d.id >= $18 AND d.id <= $19 AND ${WAITS_BRIEFLY}
  ORDER BY d.id FOR UPDATE ${SKIPS_LOCKED[lockedRows]}
), current AS MATERIALIZED (
  SELECT i.*, d.attempt_count + 1 AS number, i.status = 'succeeded' AND d.status <> 'succeeded' AS is_decisive
  FROM input i JOIN locked d ON d.id = i.delivery_id
  WHERE d.attempt_id IS DISTINCT FROM i.id AND (SELECT true FROM earlier_attempt a WHERE a.id = i.id LIMIT 1) IS NULL
), kept AS (
  INSERT INTO earlier_attempt (${ATTEMPT_COLUMNS})
  SELECT ${LAST_ATTEMPT} FROM locked WHERE attempt_id IS NOT NULL AND id IN (SELECT delivery_id FROM current)
  ON CONFLICT (id) DO NOTHING
), updated AS (
  UPDATE settled_delivery d SET
    attempt_count = c.number,
    status = CASE WHEN c.is_decisive THEN 'succeeded' ELSE d.status END,
    reason = CASE WHEN c.is_decisive THEN NULL ELSE d.reason END,
    attempt_id = c.id, started_at = c.started_at, duration_ms = c.duration_ms, response_status = c.response_status,
    response_body = c.response_body, error_code = c.error_code, error_message = c.error_message,
    -- The delivery was settled meanwhile, so it is not known what the attempt was made for.
    trigger = NULL, response_headers = c.response_headers
  FROM current c
  WHERE d.id = c.delivery_id AND d.id >= $18 AND d.id <= $19
  RETURNING d.id, d.status
)
SELECT id, status, NULL AS "dueInMs" FROM updated
UNION ALL
SELECT id, status, NULL FROM locked WHERE id NOT IN (SELECT delivery_id FROM current)`;

/** Deliveries that exist although the statements before did not find them: their rows are locked, or have moved meanwhile. */
const FIND_EXISTING = `
SELECT id FROM pending_delivery WHERE id = ANY ($1::uuid[])
UNION ALL SELECT id FROM settled_delivery WHERE id = ANY ($1::uuid[]) AND id >= $2 AND id <= $3`;

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
    for (const { id, ...delivery } of await record(pool, [...byDelivery.values()])) {
      const attempt = byDelivery.get(id);
      if (attempt) results.set(attempt, delivery);
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
    const existing = await findExisting(pool, missing);
    for (const attempt of missing) if (existing.has(attempt.deliveryId)) results.set(attempt, 'locked');
  }

  if (lockedRows === 'skip') await recordUnlocked();
  else await skippingLocked((rows) => (rows === 'wait' ? recordAll() : recordUnlocked()));
  return attempts.map((attempt) => results.get(attempt));
}

type Row = RecordedDelivery & { id: string };

/** Records attempts of different deliveries, and returns those deliveries that it found. */
type RecordStep = (pool: pg.Pool, attempts: readonly AttemptRecord[]) => Promise<Row[]>;

const recordFirstSuccesses: RecordStep = async (pool, attempts) => {
  const [first] = attempts;
  const { rows } = await pool.query<Row>(
    first && attempts.length === 1
      ? preparedStatement(pool, 'record-first-success', RECORD_FIRST_SUCCESS, firstSuccessOf(first))
      : preparedStatement(pool, 'record-first-successes', RECORD_FIRST_SUCCESSES, [
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
const isReported = ({ status, startsBlocking }: AttemptRecord): boolean =>
  status === 'failed' || status === 'dropped' || startsBlocking;

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

async function findExisting(pool: pg.Pool, attempts: readonly AttemptRecord[]): Promise<Set<string>> {
  if (attempts.length === 0) return new Set();
  const ids = attempts.map(({ deliveryId }) => deliveryId);
  const { rows } = await pool.query<{ id: string }>(
    preparedStatement(pool, 'find-existing-deliveries', FIND_EXISTING, [ids, ...rangeOf(attempts)]),
  );
  return new Set(rows.map(({ id }) => id));
}

const rangeOf = (attempts: readonly AttemptRecord[]) => idRange(attempts.map(({ deliveryId }) => deliveryId));

const inputOf = (attempts: readonly AttemptRecord[]): unknown[] => [
  attempts.map((attempt) => attempt.id),
  attempts.map((attempt) => attempt.deliveryId),
  attempts.map((attempt) => attempt.epoch),
  attempts.map((attempt) => attempt.dueAt?.toISOString() ?? null),
  attempts.map((attempt) => attempt.startedAt.toISOString()),
  attempts.map((attempt) => attempt.durationMs),
  attempts.map((attempt) => attempt.responseStatus),
  attempts.map((attempt) => attempt.responseBody),
  attempts.map((attempt) => attempt.errorCode),
  attempts.map((attempt) => attempt.errorMessage),
  attempts.map((attempt) => attempt.status),
  attempts.map((attempt) => attempt.reason),
  attempts.map((attempt) => attempt.retryDelayMs),
  attempts.map((attempt) => attempt.parked),
  attempts.map((attempt) => attempt.formatId),
  attempts.map((attempt) => attempt.responseHeaders),
  attempts.map((attempt) => attempt.startsBlocking),
];
