import { type Decision, type Lane, PARK_AFTER_MS, type SentOutcome } from '@posthorn/core';
import type { AttemptRecord } from '@posthorn/database';
import type { TaskResult } from '@posthorn/queue';

/** An attempt and the decision on it. */
export interface RecordRequest {
  id: string;
  deliveryId: string;
  number: number;
  startedAt: Date;
  outcome: SentOutcome;
  decision: Decision;
  decidedAt: Date;
  /** The lane of a retry. */
  retryLane: Lane;
}

/** Returns the row of an attempt. */
export function toAttemptRecord(request: RecordRequest): AttemptRecord {
  const { outcome, decision } = request;
  const isResponse = outcome.kind === 'response';
  const isRetry = decision.kind === 'retry';
  return {
    id: request.id,
    deliveryId: request.deliveryId,
    number: request.number,
    startedAt: request.startedAt,
    durationMs: outcome.durationMs,
    responseStatus: isResponse ? outcome.status : null,
    responseBody: isResponse ? outcome.body : null,
    errorCode: isResponse ? null : outcome.code,
    errorMessage: isResponse ? null : outcome.message,
    status: isRetry ? 'pending' : decision.kind,
    reason: decision.kind === 'failed' ? decision.reason : null,
    nextAttemptAt: isRetry ? new Date(request.decidedAt.getTime() + decision.delayMs) : null,
    parked: isRetry && decision.delayMs > PARK_AFTER_MS,
  };
}

/**
 * Returns whether and when the job runs again. It does not if the delivery is settled, if its retry is parked, or if another
 * run recorded this attempt first: then that run's job continues.
 *
 * @param status of the delivery after the attempt was recorded; undefined if another run recorded it
 */
export function nextStep(
  { retryLane }: Pick<RecordRequest, 'retryLane'>,
  record: AttemptRecord | undefined,
  status: string | undefined,
): TaskResult {
  if (status !== 'pending' || record?.parked || !record?.nextAttemptAt) return { reschedule: null };
  return { reschedule: { at: record.nextAttemptAt, lane: retryLane } };
}

/** Returns the record without the receiver's texts, which are the only values that PostgreSQL can reject. */
export function withoutTexts(record: AttemptRecord): AttemptRecord {
  return { ...record, responseBody: null, errorMessage: null };
}
