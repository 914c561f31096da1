import type { Blocking } from './ordering.js';
import { isInternalFailure, isSuccess, type FailureCode, type SentOutcome } from './outcome.js';
import { blockedDelayMs, MAX_ATTEMPTS, retryAfterMs, retryDelayMs } from './retry-policy.js';

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
  | {
      kind: 'retry';
      delayMs: number;
      /** Its schedule is exhausted, and it blocks the deliveries that follow it. */
      isExhausted: boolean;
      /** It is not part of the schedule: the request is repeated with a new access token. */
      isUnscheduled?: true;
    }
  | { kind: 'failed'; reason: FailureReason }
  /** It has blocked the deliveries that follow it for too long. */
  | { kind: 'dropped'; reason: 'skipped' };

interface DecisionContext {
  /** The number of the attempt; 1 is the first. */
  attempt: number;
  /** How many of the attempts, this one included, were not part of the retry schedule. */
  unscheduledAttempts: number;
  retrySchedule: readonly number[];
  /** Null unless other deliveries wait for it. */
  blocking: Blocking | null;
  /** The receiver rejected the access token, and there is another one. */
  isTokenRenewed: boolean;
  now: Date;
  random: () => number;
}

/** Returns the decision on an outcome: success, a retry and its delay in milliseconds, failure, or skipped. */
export function decide(outcome: SentOutcome, context: DecisionContext): Decision {
  if (isSuccess(outcome)) return { kind: 'succeeded' };
  if (outcome.kind === 'failure' && isPermanent(outcome.code)) {
    return { kind: 'failed', reason: outcome.code };
  }
  if (outcome.kind === 'response' && outcome.status === 410) return { kind: 'failed', reason: 'gone' };

  const { blocking, retrySchedule, random, now } = context;
  const leftMs = blocking ? blocking.endsAt.getTime() - now.getTime() : Infinity;
  if (leftMs <= 0) return { kind: 'dropped', reason: 'skipped' };

  if (context.isTokenRenewed && context.attempt < MAX_ATTEMPTS)
    return { kind: 'retry', delayMs: 0, isExhausted: false, isUnscheduled: true };

  const scheduled = context.attempt - context.unscheduledAttempts;
  const scheduledMs =
    retryDelayMs(scheduled, retrySchedule, random) ??
    (blocking?.onExhausted === 'block'
      ? blockedDelayMs({ attempt: context.attempt, leftMs }, retrySchedule, random)
      : null);
  if (scheduledMs === null || context.attempt >= MAX_ATTEMPTS) {
    return { kind: 'failed', reason: isInternalFailure(outcome) ? 'internal_error' : 'exhausted' };
  }
  const requestedMs = outcome.kind === 'response' ? retryAfterMs(outcome.retryAfter, now) : null;
  return {
    kind: 'retry',
    delayMs: Math.min(Math.max(scheduledMs, requestedMs ?? 0), leftMs),
    // An attempt that was brought forward repeats its place in the schedule.
    isExhausted: scheduled > retrySchedule.length,
  };
}

/** Returns whether a retry cannot succeed before the URL or the configuration changes. */
function isPermanent(code: FailureCode): code is 'blocked_address' | 'invalid_url' {
  return code === 'blocked_address' || code === 'invalid_url';
}
