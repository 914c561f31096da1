import type { DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connect.js';
import { idRange } from './id-range.js';
import { emitExhausted } from './fragments/emit-exhausted.js';

export interface AttemptRecord {
  id: string;
  deliveryId: string;
  /** 1-based. */
  number: number;
  startedAt: Date;
  durationMs: number;
  responseStatus: number | null;
  responseBody: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** The new status of the delivery. */
  status: Exclude<DeliveryStatus, 'dropped'>;
  reason: string | null;
  nextAttemptAt: Date | null;
  /** The retry is parked: it waits in PostgreSQL without a job. */
  parked: boolean;
}

const INSERT_ATTEMPTS = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::integer[], $6::smallint[], $7::text[], $8::text[],
    $9::text[], $10::delivery_status[], $11::text[], $12::timestamptz[], $13::boolean[]
  ) AS t (
    id, delivery_id, number, started_at, duration_ms, response_status, response_body, error_code,
    error_message, status, reason, next_attempt_at, parked
  )
), inserted AS (
  INSERT INTO attempt (
    id, delivery_id, number, started_at, duration_ms, response_status, response_body, error_code, error_message
  )
  SELECT id, delivery_id, number, started_at, duration_ms, response_status, response_body, error_code, error_message
  FROM input
  ON CONFLICT (id) DO NOTHING -- the batch was sent again after its response was lost
)`;

const UPDATE_DELIVERIES = `
-- A delivery that was dropped while its request was in flight stays dropped, unless the receiver accepted it.
UPDATE delivery d SET
  attempt_count = i.number,
  status = CASE WHEN d.status = 'pending' OR i.status = 'succeeded' THEN i.status ELSE d.status END,
  reason = CASE WHEN d.status = 'pending' OR i.status = 'succeeded' THEN i.reason ELSE d.reason END,
  next_attempt_at = CASE WHEN d.status = 'pending' THEN i.next_attempt_at END,
  parked = i.parked AND d.status = 'pending',
  held = false,
  settled_at = CASE WHEN d.status = 'pending' AND i.status = 'pending' THEN NULL ELSE coalesce(d.settled_at, now()) END
FROM input i
WHERE d.id = i.delivery_id
  AND d.id = ANY ($2::uuid[]) AND d.id >= $14 AND d.id <= $15 -- limits the scan to the partitions of these days
  AND d.attempt_count = i.number - 1
  AND d.status IN ('pending', 'dropped')
RETURNING d.id, d.status`;

const RECORD = `${INSERT_ATTEMPTS} ${UPDATE_DELIVERIES}`;

/** A separate statement, executed only for batches with failed deliveries. */
const RECORD_AND_EMIT = `${INSERT_ATTEMPTS}, updated AS (${UPDATE_DELIVERIES}, d.event_id, d.webhook_id, d.tenant_id, d.reason,
    i.number AS attempts, i.response_status, i.error_code, i.error_message
), failed AS (
  SELECT id AS delivery_id, * FROM updated WHERE status = 'failed'
), emitted AS (${emitExhausted('failed')}
)
SELECT id, status FROM updated`;

/**
 * Inserts attempts and updates their deliveries, each only if its attempt number has not been recorded yet. Emits an
 * operational event for each delivery that fails, if its tenant subscribes to them.
 * @returns the new status of each delivery, in the order of `attempts`; undefined if another run recorded that number first
 */
export async function recordAttempts(
  pool: pg.Pool,
  attempts: readonly AttemptRecord[],
): Promise<(DeliveryStatus | undefined)[]> {
  const deliveryIds = attempts.map((attempt) => attempt.deliveryId);
  const values = [
    attempts.map((attempt) => attempt.id),
    deliveryIds,
    attempts.map((attempt) => attempt.number),
    attempts.map((attempt) => attempt.startedAt.toISOString()),
    attempts.map((attempt) => attempt.durationMs),
    attempts.map((attempt) => attempt.responseStatus),
    attempts.map((attempt) => attempt.responseBody),
    attempts.map((attempt) => attempt.errorCode),
    attempts.map((attempt) => attempt.errorMessage),
    attempts.map((attempt) => attempt.status),
    attempts.map((attempt) => attempt.reason),
    attempts.map((attempt) => attempt.nextAttemptAt?.toISOString() ?? null),
    attempts.map((attempt) => attempt.parked),
    ...idRange(deliveryIds),
  ];
  const statement = attempts.some((attempt) => attempt.status === 'failed')
    ? preparedStatement(pool, 'record-attempts-and-emit', RECORD_AND_EMIT, values)
    : preparedStatement(pool, 'record-attempts', RECORD, values);
  const { rows } = await pool.query<{ id: string; status: DeliveryStatus }>(statement);
  const statuses = new Map(rows.map((row) => [row.id, row.status]));
  return attempts.map((attempt) => statuses.get(attempt.deliveryId));
}
