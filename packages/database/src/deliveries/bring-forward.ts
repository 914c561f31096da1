import { DUE_TOLERANCE_MS } from '@posthorn/core';

/** The due time of a delivery that is due now. Rounded down, so that it is never in the future. */
export const DUE_NOW = `date_trunc('milliseconds', now())`;

/**
 * Returns the condition that a pending delivery waits for a retry. Others are due: queued, held or in flight. A worker may send one a
 * moment before its time, so that moment counts as due: what is brought forward is not in flight. Not compared with now(): a statement
 * that waits for another one's lock may have begun before the time at which that one made the delivery due.
 */
export const waitsForRetry = (alias: string): string =>
  `${alias}.attempt_count > 0 AND ${alias}.next_attempt_at > clock_timestamp() + interval '${DUE_TOLERANCE_MS} ms'`;

/** The assignments that make a pending delivery `d`, which waits for a retry, due now. The attempt is not part of its retry schedule. */
export const BRING_FORWARD = `next_attempt_at = ${DUE_NOW}, parked = false, unscheduled_attempts = d.unscheduled_attempts + 1`;

/**
 * Condition: a delivery `d` may be brought forward without a request. So a receiver that fails only for some events gets at most
 * twice the attempts of the schedule. One of a running replay stays with it: the replay is completed when all are settled, and can be
 * cancelled until then.
 */
export const MAY_BRING_FORWARD = `(2 * d.unscheduled_attempts < d.attempt_count AND NOT EXISTS (
  SELECT FROM replay r WHERE r.id = d.replay_id AND r.recovery_id IS NULL AND r.status = 'running'
))`;
