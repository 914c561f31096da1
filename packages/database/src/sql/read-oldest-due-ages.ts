import { type Lane, LANES, laneOf } from '@posthorn/core';
import type pg from 'pg';

/** Maximum number of due deliveries to read, oldest first. Limits the cost of each call. */
const MAX_READ = 10_000;

const READ = `
SELECT replayed, slow, attempt_count > 0 AS retried, min(next_attempt_at) AS oldest, max(next_attempt_at) AS newest,
  count(*)::int AS count
FROM (
  SELECT d.next_attempt_at, d.attempt_count, d.replay_id IS NOT NULL AS replayed, w.slow_since IS NOT NULL AS slow
  FROM (
    SELECT webhook_id, next_attempt_at, attempt_count, replay_id FROM delivery
    WHERE status = 'pending' AND NOT parked AND NOT held AND next_attempt_at <= $1
    ORDER BY next_attempt_at, id LIMIT ${MAX_READ}
  ) d JOIN webhook w ON w.id = d.webhook_id
) AS due
GROUP BY 1, 2, 3`;

interface Row {
  replayed: boolean;
  slow: boolean;
  retried: boolean;
  oldest: Date;
  newest: Date;
  count: number;
}

/**
 * Returns the age of the oldest due delivery of each lane, in milliseconds, 0 for an empty lane. If more than 10,000
 * deliveries are due, a lane without any among the oldest 10,000 gets the age of the newest of these, an upper bound.
 */
export async function readOldestDueAges(pool: pg.Pool, now: Date): Promise<Record<Lane, number>> {
  const { rows } = await pool.query<Row>(READ, [now]);
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const newest = count < MAX_READ ? now.getTime() : Math.max(...rows.map((row) => row.newest.getTime()));
  const ages = LANES.map((lane) => {
    const times = rows.filter((row) => laneOfRow(row) === lane).map((row) => row.oldest.getTime());
    return [lane, now.getTime() - Math.min(newest, ...times)] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each lane
  return Object.fromEntries(ages) as Record<Lane, number>;
}

function laneOfRow({ slow, retried, replayed }: Row): Lane {
  return laneOf({ webhookIsSlow: slow, attemptCount: retried ? 1 : 0, replayed });
}
