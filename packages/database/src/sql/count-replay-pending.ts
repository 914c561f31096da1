import type pg from 'pg';
import { waitsForRetry } from './fragments/bring-forward.js';

/** Deliveries that a replay requeued and that are still pending. */
export interface ReplayPending {
  pending: number;
  /** Of these, those that do not wait for a retry. */
  due: number;
}

// Reads only the pending deliveries of the replay: neither other deliveries of its webhook nor those it has finished.
const COUNT = `
SELECT count(*)::integer AS pending, (count(*) FILTER (WHERE NOT (${waitsForRetry('d')})))::integer AS due
FROM pending_delivery d WHERE replay_id = $1`;

/** Counts the deliveries that a replay requeued and that are still pending. */
export async function countReplayPending(pool: pg.Pool, replayId: string): Promise<ReplayPending> {
  const { rows } = await pool.query<ReplayPending>(COUNT, [replayId]);
  return rows[0] ?? { pending: 0, due: 0 };
}
