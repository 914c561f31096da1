import { type Decision, type Lane, PARK_AFTER_MS, type SentOutcome } from '@posthorn/core';
import type { AttemptRecord, LoadedDelivery, RecordedDelivery } from '@posthorn/database/deliveries';
import type { TaskResult } from '@posthorn/queue';

/** An attempt and the decision on it. */
export interface AttemptToRecord {
  id: string;
  tenantId: string;
  /** The delivery as it was read before the request. */
  delivery: Pick<LoadedDelivery['delivery'], 'id' | 'epoch' | 'nextAttemptAt'>;
  startedAt: Date;
  outcome: SentOutcome;
  decision: Decision;
  /** The format of the request. Null if none was made. */
  formatId: string | null;
  /** The lane of a retry. */
  retryLane: Lane;
}

/** Returns the row of an attempt. */
export function toAttemptRecord({
  id,
  delivery,
  startedAt,
  outcome,
  decision,
  formatId,
}: AttemptToRecord): AttemptRecord {
  const isResponse = outcome.kind === 'response';
  const isRetry = decision.kind === 'retry';
  return {
    id,
    deliveryId: delivery.id,
    epoch: delivery.epoch,
    dueAt: delivery.nextAttemptAt,
    startedAt,
    durationMs: outcome.durationMs,
    responseStatus: isResponse ? outcome.status : null,
    responseBody: isResponse ? outcome.body : null,
    responseHeaders: isResponse && outcome.headers !== null ? JSON.stringify(outcome.headers) : null,
    errorCode: isResponse ? null : outcome.code,
    errorMessage: isResponse ? null : outcome.message,
    status: isRetry ? 'pending' : decision.kind,
    reason: decision.kind === 'failed' || decision.kind === 'dropped' ? decision.reason : null,
    isExhausted: isRetry && decision.isExhausted,
    isUnscheduled: isRetry && decision.isUnscheduled === true,
    retryDelayMs: isRetry ? decision.delayMs : null,
    parked: isRetry && decision.delayMs > PARK_AFTER_MS,
    formatId,
  };
}

/**
 * Returns whether and when the job runs again: when the delivery is due next, be it for a retry of this run or because it was
 * brought forward meanwhile, which adds no second job while this one runs. A delivery that was made pending again has another job.
 */
export function nextStep(
  { retryLane }: Pick<AttemptToRecord, 'retryLane'>,
  recorded: RecordedDelivery | undefined,
): TaskResult {
  if (recorded?.isSuperseded) return { reschedule: null, hasOtherJob: true };
  const delayMs = recorded?.dueInMs ?? null;
  if (delayMs !== null) return { reschedule: { delayMs, lane: retryLane } };
  return { reschedule: null };
}

/** Returns the record without the receiver's texts, the values that PostgreSQL is most likely to reject. */
export function withoutTexts(record: AttemptRecord): AttemptRecord {
  return { ...record, responseBody: null, responseHeaders: null, errorMessage: null };
}

/** Returns the record with the decision and the status only; the rest has values that PostgreSQL accepts. */
export function onlyDecision(record: AttemptRecord): AttemptRecord {
  return { ...withoutTexts(record), startedAt: new Date(), durationMs: 0, formatId: null };
}
