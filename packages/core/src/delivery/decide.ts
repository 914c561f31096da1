import { isInternalFailure, isSuccess, type FailureCode, type SentOutcome } from './outcome.js';
import { MAX_ATTEMPTS, retryAfterMs, retryDelayMs } from './retry-policy.js';

/** Why a delivery failed. Stable, part of the API. */
export type FailureReason =
  | 'exhausted'
  | 'gone'
  | 'blocked_address'
  | 'invalid_url'
  | 'crashed'
  | 'payload_expired'
  | 'body_too_large'
  | 'internal_error';

export type Decision =
  | { kind: 'succeeded' }
  | { kind: 'retry'; delayMs: number }
  | { kind: 'failed'; reason: FailureReason };

export interface DecisionContext {
  /** The number of the attempt; 1 is the first. */
  attempt: number;
  /** How many of the attempts, this one included, were not part of the retry schedule. */
  unscheduledAttempts: number;
  retrySchedule: readonly number[];
  now: Date;
  random: () => number;
}

/** Returns the decision on an outcome: success, a retry and its delay in milliseconds, or failure. */
export function decide(outcome: SentOutcome, context: DecisionContext): Decision {
  if (isSuccess(outcome)) return { kind: 'succeeded' };
  if (outcome.kind === 'failure' && isPermanent(outcome.code)) {
    return { kind: 'failed', reason: outcome.code };
  }
  if (outcome.kind === 'response' && outcome.status === 410) return { kind: 'failed', reason: 'gone' };

  const scheduled = context.attempt - context.unscheduledAttempts;
  const scheduledMs = retryDelayMs(scheduled, context.retrySchedule, context.random);
  if (scheduledMs === null || context.attempt >= MAX_ATTEMPTS) {
    return { kind: 'failed', reason: isInternalFailure(outcome) ? 'internal_error' : 'exhausted' };
  }
  const requestedMs = outcome.kind === 'response' ? retryAfterMs(outcome.retryAfter, context.now) : null;
  return { kind: 'retry', delayMs: Math.max(scheduledMs, requestedMs ?? 0) };
}

/** Returns whether a retry cannot succeed before the URL or the configuration changes. */
function isPermanent(code: FailureCode): code is 'blocked_address' | 'invalid_url' {
  return code === 'blocked_address' || code === 'invalid_url';
}
