import type { DeliveryStatus } from '@posthorn/core';

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
  /** Its schedule is exhausted, and it blocks the deliveries that follow it: an operational event reports it once. */
  isExhausted: boolean;
  /** The retry is not part of the schedule: the request is repeated with a new access token. */
  isUnscheduled: boolean;
  /** The retry is parked: it waits in PostgreSQL without a job. */
  parked: boolean;
  /** The format of the request, which a retry keeps. Null if none was made: then a retry uses the format of the webhook. */
  formatId: string | null;
}

/** A WITH query of attempts, from the parameters that `inputOf` returns. */
export const INPUT = `input AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::smallint[],
    $8::text[], $9::text[], $10::text[], $11::delivery_status[], $12::text[], $13::double precision[], $14::boolean[], $15::uuid[],
    $16::text[], $17::boolean[], $18::boolean[]
  ) AS t (
    id, delivery_id, epoch, due_at, started_at, duration_ms, response_status, response_body, error_code,
    error_message, status, reason, retry_delay_ms, parked, format_id, response_headers, is_exhausted, is_unscheduled
  )
)`;

export const inputOf = (attempts: readonly AttemptRecord[]): unknown[] => [
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
  attempts.map((attempt) => attempt.isExhausted),
  attempts.map((attempt) => attempt.isUnscheduled),
];
