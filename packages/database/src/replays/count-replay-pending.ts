import type pg from 'pg';

/** The deliveries that a replay requeued and that are still pending. */
interface ReplayPending {
  /** Whether there are any, also such that wait for a retry. */
  isPending: boolean;
  /** Those that do not wait for a retry. */
  due: number;
  /** The due deliveries of all running replays of the same target, which do not wait for a retry. Of a chain, only its head counts. */
  dueOfTarget: number;
  /** The same with those that wait for others of their chain. */
  waitingOfTarget: number;
}

// Reads only those that are due, not those that wait for a retry, of which there may be any number.
const COUNT = `
SELECT EXISTS (SELECT FROM pending_delivery WHERE replay_id = $1) AS "isPending",
  (count(*) FILTER (WHERE replay_id = $1))::integer AS due,
  (count(*) FILTER (WHERE chain IS NULL) + count(DISTINCT (chain, webhook_id, ordering_key)) FILTER (WHERE chain IS NOT NULL))::integer AS "dueOfTarget",
  count(*)::integer AS "waitingOfTarget"
FROM pending_delivery WHERE replay_id = ANY ($2::uuid[]) AND next_attempt_at <= now()`;

/**
 * Counts the deliveries that a replay requeued and that are still pending.
 * @param ofTarget the running replays of its webhook or event, including itself
 */
export async function countReplayPending(
  pool: pg.Pool,
  replayId: string,
  ofTarget: readonly string[] = [replayId],
): Promise<ReplayPending> {
  const { rows } = await pool.query<ReplayPending>(COUNT, [replayId, ofTarget]);
  return rows[0] ?? { isPending: false, due: 0, dueOfTarget: 0, waitingOfTarget: 0 };
}
