import type pg from 'pg';

// Reads only the pending deliveries of the replay: neither other deliveries of its webhook nor those it has finished.
const COUNT = `SELECT count(*)::integer AS pending FROM pending_delivery WHERE replay_id = $1`;

/** Returns how many deliveries that a replay requeued are still pending. */
export async function countReplayPending(pool: pg.Pool, replayId: string): Promise<number> {
  const { rows } = await pool.query<{ pending: number }>(COUNT, [replayId]);
  return rows[0]?.pending ?? 0;
}
