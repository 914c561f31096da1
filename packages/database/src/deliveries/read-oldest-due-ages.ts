import { type Lane, LANES, laneOf, LIVE_CHAIN } from '@posthorn/core';
import type pg from 'pg';
import { ageMs } from './due-in-ms.js';

/** Maximum number of due first attempts to read, and of retries, oldest first. Limits the cost of each call. */
const MAX_READ = 10_000;

/** What may have waited for others of its chain, not in a lane: its due time says nothing. As `hasWaitedInChain`. */
const HAS_WAITED = `chain IS NOT NULL AND (attempt_count = 0 OR chain <> '${LIVE_CHAIN}')`;

const COLUMNS = 'webhook_id, next_attempt_at, attempt_count, replay_id, chain';

const READ = `
WITH read AS MATERIALIZED (
  -- The oldest ones of both, in the order of an index: first attempts by id, retries by due time.
  (SELECT ${COLUMNS} FROM pending_delivery
  WHERE attempt_count = 0 AND NOT parked AND NOT held AND next_attempt_at <= now()
  ORDER BY id LIMIT ${MAX_READ})
  UNION ALL
  (SELECT ${COLUMNS} FROM pending_delivery
  WHERE attempt_count > 0 AND NOT parked AND NOT held AND next_attempt_at <= now()
  ORDER BY next_attempt_at, id LIMIT ${MAX_READ})
), webhooks AS MATERIALIZED (
  SELECT w.id, w.slow_since IS NOT NULL AS slow, held.any IS NOT NULL AS "isHolding"
  FROM (SELECT DISTINCT webhook_id FROM read) AS due JOIN webhook w ON w.id = due.webhook_id
  LEFT JOIN LATERAL (SELECT true AS any FROM pending_delivery p WHERE p.webhook_id = w.id AND held LIMIT 1) AS held ON true
)
SELECT replay_id IS NOT NULL AS replayed, slow, attempt_count > 0 AS retried, "isHolding", ${HAS_WAITED} AS "hasWaited",
  ${ageMs('min(next_attempt_at)')} AS "oldestMs", ${ageMs('max(next_attempt_at)')} AS "newestMs", count(*)::int AS count
FROM read JOIN webhooks ON webhooks.id = read.webhook_id
GROUP BY 1, 2, 3, 4, 5`;

interface Row {
  replayed: boolean;
  slow: boolean;
  retried: boolean;
  isHolding: boolean;
  hasWaited: boolean;
  oldestMs: number;
  newestMs: number;
  count: number;
}

/**
 * Returns the age of the oldest due delivery of each lane, in milliseconds, 0 for an empty lane. Deliveries of a webhook that holds others
 * do not count: those that are released were due long before, but waited for its window or rate limit, not in a lane. Nor do those that have waited for
 * others of their chain. Of first attempts and of retries the oldest 10,000 are read: if more are due, a lane without any among them gets the age of the newest of these, an upper bound.
 */
export async function readOldestDueAges(pool: pg.Pool): Promise<Record<Lane, number>> {
  const { rows } = await pool.query<Row>(READ);
  const boundMs = {
    first: newestMs(rows.filter(({ retried }) => !retried)),
    retried: newestMs(rows.filter(({ retried }) => retried)),
  };
  const ages = LANES.map((lane) => {
    const agesMs = rows
      .filter((row) => laneOfRow(row) === lane && !row.isHolding && !row.hasWaited)
      .map((row) => row.oldestMs);
    const isFirst = lane === 'fast' || lane === 'slow';
    return [lane, Math.max(isFirst ? boundMs.first : boundMs.retried, ...agesMs)] as const;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each lane
  return Object.fromEntries(ages) as Record<Lane, number>;
}

/** Returns the age of the newest delivery that was read, 0 if all were read. */
function newestMs(rows: readonly Row[]): number {
  const count = rows.reduce((sum, row) => sum + row.count, 0);
  return count < MAX_READ ? 0 : Math.min(...rows.map((row) => row.newestMs));
}

function laneOfRow({ slow, retried, replayed }: Row): Lane {
  return laneOf({ webhookIsSlow: slow, attemptCount: retried ? 1 : 0, replayed });
}
