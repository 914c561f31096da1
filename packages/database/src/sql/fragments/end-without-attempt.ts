/**
 * Returns the assignments of an UPDATE that ends pending deliveries `d` without an attempt, with this status and reason. A delivery
 * whose receiver has accepted it before, which was retried or replayed, is succeeded again.
 */
export const endWithoutAttempt = ({ status, reason }: { status: string; reason: string }): string => `
  status = CASE WHEN d.succeeded_before THEN 'succeeded' ELSE ${status} END::delivery_status,
  reason = CASE WHEN d.succeeded_before THEN NULL ELSE ${reason} END,
  settled_at = now(), next_attempt_at = NULL, parked = false, held = false`;
