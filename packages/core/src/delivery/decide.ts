import { isSuccess, type FailureCode, type SentOutcome } from './outcome.js';
import { retryAfterMs, retryDelayMs } from './retry-policy.js';

/** Why a delivery was given up. Stable, part of the API. */
export type FailureReason =
  'exhausted' | 'gone' | 'blocked_address' | 'invalid_url' | 'crashed' | 'payload_expired';

export type Decision =
  { kind: 'succeeded' } | { kind: 'retry'; delayMs: number } | { kind: 'failed'; reason: FailureReason };

export interface DecisionContext {
  /** The attempt that this outcome is of; 1 is the first. */
  attempt: number;
  retrySchedule: readonly number[];
  now: Date;
  random: () => number;
}

/** What follows from one outcome. Pure: the same input gives the same decision. */
export function decide(outcome: SentOutcome, context: DecisionContext): Decision {
  if (isSuccess(outcome)) return { kind: 'succeeded' };
  if (outcome.kind === 'failure' && isPermanent(outcome.code)) {
    return { kind: 'failed', reason: outcome.code };
  }
  if (outcome.kind === 'response' && outcome.status === 410) return { kind: 'failed', reason: 'gone' };

  const scheduled = retryDelayMs(context.attempt, context.retrySchedule, context.random);
  if (scheduled === null) return { kind: 'failed', reason: 'exhausted' };
  const asked = outcome.kind === 'response' ? retryAfterMs(outcome.retryAfter, context.now) : null;
  return { kind: 'retry', delayMs: Math.max(scheduled, asked ?? 0) };
}

/** Trying again cannot help before somebody changes the URL or the configuration. */
function isPermanent(code: FailureCode): code is 'blocked_address' | 'invalid_url' {
  return code === 'blocked_address' || code === 'invalid_url';
}
