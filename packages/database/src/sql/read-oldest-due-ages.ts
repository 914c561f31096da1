import { type Lane, LANES, laneOf } from '@posthorn/core';
import type pg from 'pg';

/** The due deliveries that are looked at, oldest first: enough to tell how late they are, few enough to be read often. */
const LOOK_AT = 10_000;

const OLDEST = `
SELECT replayed, slow, attempt_count > 0 AS retried, min(next_attempt_at) AS oldest, max(next_attempt_at) AS newest,
  count(*)::int AS count
FROM (
  SELECT d.next_attempt_at, d.attempt_count, d.replay_id IS NOT NULL AS replayed, w.slow_since IS NOT NULL AS slow
  FROM (
    SELECT webhook_id, next_attempt_at, attempt_count, replay_id FROM delivery
    WHERE status = 'pending' AND NOT parked AND NOT held AND next_attempt_at <= $1
    ORDER BY next_attempt_at, id LIMIT ${LOOK_AT}
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
 * How long the oldest delivery that is due has waited, by lane, in milliseconds; 0 where none waits. With more than 10,000
 * waiting, a lane that has none among them is said to be as late as the last of those: it is not later.
 */
export async function readOldestDueAges(pool: pg.Pool, now: Date): Promise<Record<Lane, number>> {
  const { rows } = await pool.query<Row>(OLDEST, [now]);
  const seen = rows.reduce((sum, row) => sum + row.count, 0);
  const newest = seen < LOOK_AT ? now.getTime() : Math.max(...rows.map((row) => row.newest.getTime()));
  const ages = LANES.map((lane) => {
    const times = rows.filter((row) => laneOfRow(row) === lane).map((row) => row.oldest.getTime());
    return [lane, now.getTime() - Math.min(newest, ...times)] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one for each lane
  return Object.fromEntries(ages) as Record<Lane, number>;
}

function laneOfRow({ slow, retried, replayed }: Row): Lane {
  return laneOf({ webhookIsSlow: slow, attemptCount: retried ? 1 : 0, replayed });
}

const HELD = `
SELECT count(*)::int AS count, min(next_attempt_at) AS oldest FROM delivery
WHERE status = 'pending' AND held AND webhook_id = ANY ($1::uuid[])`;

/** How many deliveries of these webhooks wait for their webhooks to have room, and for how long the oldest, in milliseconds. */
export async function readHeldBacklog(
  pool: pg.Pool,
  webhookIds: readonly string[],
  now: Date,
): Promise<{ count: number; oldestMs: number }> {
  const { rows } = await pool.query<{ count: number; oldest: Date | null }>(HELD, [webhookIds]);
  const { count = 0, oldest = null } = rows[0] ?? {};
  return { count, oldestMs: oldest ? Math.max(now.getTime() - oldest.getTime(), 0) : 0 };
}

const STATES = `
SELECT count(*) FILTER (WHERE slow_since IS NOT NULL)::int AS slow,
  count(*) FILTER (WHERE failing_since IS NOT NULL)::int AS failing
FROM webhook WHERE status = 'active'`;

/** How many active webhooks are in the slow lane, and how many have had nothing but failures since some time. */
export async function countUnhealthyWebhooks(pool: pg.Pool): Promise<{ slow: number; failing: number }> {
  const { rows } = await pool.query<{ slow: number; failing: number }>(STATES);
  return rows[0] ?? { slow: 0, failing: 0 };
}
