import { type Decision, type Lane, PARK_AFTER_MS, type SentOutcome } from '@posthorn/core';
import type { AttemptRecord } from '@posthorn/database';
import type { TaskResult } from '@posthorn/queue';

/** An attempt and what was decided on it. */
export interface RecordRequest {
  id: string;
  deliveryId: string;
  number: number;
  startedAt: Date;
  outcome: SentOutcome;
  decision: Decision;
  decidedAt: Date;
  /** Where it runs again. */
  retryLane: Lane;
}

/** The row to write for an attempt. */
export function toAttemptRecord(request: RecordRequest): AttemptRecord {
  const { outcome, decision } = request;
  return {
    id: request.id,
    deliveryId: request.deliveryId,
    number: request.number,
    startedAt: request.startedAt,
    durationMs: outcome.durationMs,
    ...(outcome.kind === 'response'
      ? { responseStatus: outcome.status, responseBody: outcome.body, errorCode: null, errorMessage: null }
      : { responseStatus: null, responseBody: null, errorCode: outcome.code, errorMessage: outcome.message }),
    status: decision.kind === 'retry' ? 'pending' : decision.kind,
    reason: decision.kind === 'failed' ? decision.reason : null,
    nextAttemptAt:
      decision.kind === 'retry' ? new Date(request.decidedAt.getTime() + decision.delayMs) : null,
    parked: decision.kind === 'retry' && decision.delayMs > PARK_AFTER_MS,
  };
}

/**
 * Whether the job has to run again, and when. Not when the delivery is over, nor when its retry waits in PostgreSQL,
 * nor when another run has recorded this attempt: then that run keeps the job.
 */
export function afterRecord(
  { retryLane }: Pick<RecordRequest, 'retryLane'>,
  record: AttemptRecord | undefined,
  status: string | undefined,
): TaskResult {
  if (status !== 'pending' || record?.parked || !record?.nextAttemptAt) return { again: null };
  return { again: { at: record.nextAttemptAt, lane: retryLane } };
}

/** The same record without what a receiver wrote: nothing in it can be refused by PostgreSQL. */
export function withoutTexts(record: AttemptRecord): AttemptRecord {
  return { ...record, responseBody: null, errorMessage: null };
}
