import type { DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connect.js';
import { idRange } from './id-range.js';
import { dueInMs } from './fragments/due-in-ms.js';
import { emitExhausted } from './fragments/emit-exhausted.js';

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
  errorCode: string | null;
  errorMessage: string | null;
  /** The new status of the delivery. */
  status: Exclude<DeliveryStatus, 'dropped'>;
  reason: string | null;
  /** Delay before the next attempt, in milliseconds; null without a retry. */
  retryDelayMs: number | null;
  /** The retry is parked: it waits in PostgreSQL without a job. */
  parked: boolean;
}

/** A delivery after one of its attempts was recorded. */
export interface RecordedDelivery {
  status: DeliveryStatus;
  /** When its job runs next, in milliseconds from now; null if it needs none: it is settled, parked or held. */
  dueInMs: number | null;
}

const RECORD = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::smallint[],
    $8::text[], $9::text[], $10::text[], $11::delivery_status[], $12::text[], $13::double precision[], $14::boolean[]
  ) AS t (
    id, delivery_id, epoch, due_at, started_at, duration_ms, response_status, response_body, error_code,
    error_message, status, reason, retry_delay_ms, parked
  )
), locked AS MATERIALIZED (
  SELECT id, event_id, webhook_id, tenant_id, status, epoch, attempt_count, next_attempt_at, parked, held FROM delivery d
  WHERE d.id = ANY ($2::uuid[]) AND d.id >= $15 AND d.id <= $16 -- limits the scan to the partitions of these days
  ORDER BY d.id -- two batches with the same deliveries wait for each other instead of deadlocking
  FOR UPDATE
), current AS MATERIALIZED (
  SELECT i.*, d.event_id, d.webhook_id, d.tenant_id, d.attempt_count + 1 AS number,
    -- A success wins over every other state. A failure counts only for the attempt that the delivery waits for.
    CASE i.status
      WHEN 'succeeded' THEN d.status <> 'succeeded'
      ELSE d.status = 'pending' AND d.epoch = i.epoch AND d.next_attempt_at IS NOT DISTINCT FROM i.due_at
    END AS is_decisive
  FROM input i JOIN locked d ON d.id = i.delivery_id
), inserted AS (
  INSERT INTO attempt (
    id, delivery_id, number, started_at, duration_ms, response_status, response_body, error_code, error_message
  )
  SELECT id, delivery_id, number, started_at, duration_ms, response_status, response_body, error_code, error_message
  FROM current
  ON CONFLICT (id) DO NOTHING -- the batch was sent again after its response was lost
  RETURNING id
), recorded AS MATERIALIZED (
  SELECT c.* FROM current c JOIN inserted USING (id)
), updated AS (
  UPDATE delivery d SET
    attempt_count = c.number,
    status = CASE WHEN c.is_decisive THEN c.status ELSE d.status END,
    reason = CASE WHEN c.is_decisive THEN c.reason ELSE d.reason END,
    next_attempt_at = CASE WHEN c.is_decisive THEN now() + c.retry_delay_ms * interval '1 ms' ELSE d.next_attempt_at END,
    parked = CASE WHEN c.is_decisive THEN c.parked ELSE d.parked END,
    held = NOT c.is_decisive AND d.held,
    settled_at = CASE WHEN c.is_decisive AND c.status <> 'pending' THEN coalesce(d.settled_at, now()) ELSE d.settled_at END
  FROM recorded c
  WHERE d.id = c.delivery_id AND d.id = ANY ($2::uuid[]) AND d.id >= $15 AND d.id <= $16
  RETURNING d.id, d.status, d.next_attempt_at, d.parked, d.held
), result AS (
  SELECT id, status, next_attempt_at, parked, held FROM updated
  UNION ALL
  SELECT id, status, next_attempt_at, parked, held FROM locked WHERE id NOT IN (SELECT delivery_id FROM recorded)
)`;

const RESULT = `
SELECT id, status, CASE WHEN status = 'pending' AND NOT parked AND NOT held
  THEN greatest(${dueInMs('result')}, 0) END AS "dueInMs"
FROM result`;

const RECORD_ONLY = `${RECORD}${RESULT}`;

/** A separate statement, executed only for batches with failed deliveries. */
const RECORD_AND_EMIT = `${RECORD}, failed AS (
  SELECT *, number AS attempts FROM recorded WHERE is_decisive AND status = 'failed'
), emitted AS (${emitExhausted('failed')}
)${RESULT}`;

/**
 * Inserts attempts, each with the next number of its delivery, and updates their deliveries. A success makes its delivery
 * succeeded, whatever happened since the request was sent. A failure changes the delivery only if no other attempt was
 * recorded and the delivery was neither settled nor made pending again since. Emits an operational event for each delivery
 * that fails, if its tenant subscribes to them.
 * @returns the deliveries, in the order of `attempts`; undefined, without an attempt, for one that no longer exists
 */
export async function recordAttempts(
  pool: pg.Pool,
  attempts: readonly AttemptRecord[],
): Promise<(RecordedDelivery | undefined)[]> {
  const ids = attempts.map((attempt) => attempt.id);
  const deliveryIds = attempts.map((attempt) => attempt.deliveryId);
  const values = [
    ids,
    deliveryIds,
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
    ...idRange(deliveryIds),
  ];
  const statement = attempts.some((attempt) => attempt.status === 'failed')
    ? preparedStatement(pool, 'record-attempts-and-emit', RECORD_AND_EMIT, values)
    : preparedStatement(pool, 'record-attempts', RECORD_ONLY, values);
  const { rows } = await pool.query<RecordedDelivery & { id: string }>(statement);
  const recorded = new Map(rows.map(({ id, ...delivery }) => [id, delivery]));
  return attempts.map((attempt) => recorded.get(attempt.deliveryId));
}
