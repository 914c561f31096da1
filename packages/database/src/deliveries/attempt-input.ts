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

/** The columns of `input`: their names and types, and their values of an attempt. */
const COLUMNS: readonly [name: string, type: string, valueOf: (attempt: AttemptRecord) => unknown][] = [
  ['delivery_id', 'uuid', (attempt) => attempt.deliveryId],
  ['id', 'uuid', (attempt) => attempt.id],
  ['epoch', 'integer', (attempt) => attempt.epoch],
  ['due_at', 'timestamptz', (attempt) => attempt.dueAt?.toISOString() ?? null],
  ['started_at', 'timestamptz', (attempt) => attempt.startedAt.toISOString()],
  ['duration_ms', 'integer', (attempt) => attempt.durationMs],
  ['response_status', 'smallint', (attempt) => attempt.responseStatus],
  ['response_body', 'text', (attempt) => attempt.responseBody],
  ['response_headers', 'text', (attempt) => attempt.responseHeaders],
  ['error_code', 'text', (attempt) => attempt.errorCode],
  ['error_message', 'text', (attempt) => attempt.errorMessage],
  ['status', 'delivery_status', (attempt) => attempt.status],
  ['reason', 'text', (attempt) => attempt.reason],
  ['retry_delay_ms', 'double precision', (attempt) => attempt.retryDelayMs],
  ['is_exhausted', 'boolean', (attempt) => attempt.isExhausted],
  ['is_unscheduled', 'boolean', (attempt) => attempt.isUnscheduled],
  ['parked', 'boolean', (attempt) => attempt.parked],
  ['format_id', 'uuid', (attempt) => attempt.formatId],
];

/**
 * Returns a WITH query of attempts, as the parameters `$first` and those after it, and the parameter with the ids of their deliveries.
 * `inputOf` returns the values.
 */
export const inputSql = (first: number): { input: string; deliveryIds: string } => ({
  input: `input AS MATERIALIZED (
  SELECT * FROM unnest(
    ${COLUMNS.map(([, type], index) => `$${first + index}::${type}[]`).join(', ')}
  ) AS t (${COLUMNS.map(([name]) => name).join(', ')})
)`,
  deliveryIds: `$${first}::uuid[]`,
});

export const inputOf = (attempts: readonly AttemptRecord[]): unknown[] =>
  COLUMNS.map(([, , valueOf]) => attempts.map((attempt) => valueOf(attempt)));
