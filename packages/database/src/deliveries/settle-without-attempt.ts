/** The columns of a settled delivery without its own attempt. */
const COLUMNS = `id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, replay_id, reason, sequence, ordering_key, history_class`;

/**
 * Returns a WITH query named `settled` that inserts deliveries which end without a further attempt into the history, from the
 * rows of `removed`, which were deleted from pending_delivery. A delivery whose receiver has accepted it before, which was
 * retried or replayed, is succeeded again. `status` and `reason` are expressions on a row `d`.
 */
export const settleWithoutAttempt = (
  removed: string,
  { status, reason }: { status: string; reason: string },
): string => `settled AS (
  INSERT INTO settled_delivery (${COLUMNS})
  SELECT d.id, d.event_id, d.webhook_id, d.tenant_id, now(),
    CASE WHEN d.succeeded_before THEN 'succeeded' ELSE ${status} END::delivery_status,
    d.epoch, d.attempt_count, d.succeeded_before, d.replay_id, CASE WHEN NOT d.succeeded_before THEN ${reason} END, d.sequence, d.ordering_key, d.history_class
  FROM ${removed} d
  RETURNING *
)`;
