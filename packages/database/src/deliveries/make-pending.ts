import { DUE_NOW } from './bring-forward.js';
import { ATTEMPT_COLUMNS, LAST_ATTEMPT } from './history-columns.js';
import { uncount } from './uncount.js';

/**
 * Returns WITH queries that make deliveries pending again, due now, from the rows of `removed`, which were deleted from
 * settled_delivery: `kept` keeps their last attempts, `requeued` returns the pending ones, and they no longer count as settled. `epoch`,
 * `replayId`, `chain` and `trigger` are expressions on such a row.
 */
export const makePending = (
  removed: string,
  { epoch, replayId, chain, trigger }: { epoch: string; replayId: string; chain: string; trigger: string },
): string => `kept AS (
  INSERT INTO earlier_attempt (${ATTEMPT_COLUMNS}) SELECT ${LAST_ATTEMPT} FROM ${removed} WHERE attempt_id IS NOT NULL
), requeued AS (
  INSERT INTO pending_delivery (
    id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, unscheduled_attempts, succeeded_before, replay_id, trigger,
    sequence, ordering_key, chain, history_class
  )
  SELECT id, event_id, webhook_id, tenant_id, ${DUE_NOW}, ${epoch}, attempt_count,
    least(attempt_count, 1), -- A first attempt is part of the schedule.
    succeeded_before OR status = 'succeeded', ${replayId}, ${trigger}, sequence, ordering_key, ${chain}, history_class
  FROM ${removed}
  RETURNING *
), ${uncount(removed)}`;
