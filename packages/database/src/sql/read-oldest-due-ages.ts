import { type Lane, LANES, laneOf } from '@posthorn/core';
import type pg from 'pg';
import { ageMs } from './fragments/due-in-ms.js';

/** Maximum number of due deliveries to read, oldest first. Limits the cost of each call. */
const MAX_READ = 10_000;

const READ = `
SELECT replayed, slow, attempt_count > 0 AS retried, ${ageMs('min(next_attempt_at)')} AS "oldestMs",
  ${ageMs('max(next_attempt_at)')} AS "newestMs", count(*)::int AS count
FROM (
  SELECT d.next_attempt_at, d.attempt_count, d.replay_id IS NOT NULL AS replayed, w.slow_since IS NOT NULL AS slow
  FROM (
    SELECT webhook_id, next_attempt_at, attempt_count, replay_id FROM delivery
    WHERE status = 'pending' AND NOT parked AND NOT held AND next_attempt_at <= now()
    ORDER BY next_attempt_at, id LIMIT ${MAX_READ}
  ) d JOIN webhook w ON w.id = d.webhook_id
) AS due
GROUP BY 1, 2, 3`;

interface Row {
  replayed: boolean;
  slow: boolean;
  retried: boolean;
  oldestMs: number;
  newestMs: number;
  count: number;
}

/**
 * Returns the age of the oldest due delivery of each lane, in milliseconds, 0 for an empty lane. If more than 10,000
 * deliveries are due, a lane without any among the oldest 10,000 gets the age of the newest of these, an upper bound.
 */
export async function readOldestDueAges(pool: pg.Pool): Promise<Record<Lane, number>> {
  const { rows } = await pool.query<Row>(READ);
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  const newestMs = count < MAX_READ ? 0 : Math.min(...rows.map((row) => row.newestMs));
  const ages = LANES.map((lane) => {
    const agesMs = rows.filter((row) => laneOfRow(row) === lane).map((row) => row.oldestMs);
    return [lane, Math.max(newestMs, ...agesMs)] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each lane
  return Object.fromEntries(ages) as Record<Lane, number>;
}

function laneOfRow({ slow, retried, replayed }: Row): Lane {
  return laneOf({ webhookIsSlow: slow, attemptCount: retried ? 1 : 0, replayed });
}
