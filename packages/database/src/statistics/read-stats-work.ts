import type pg from 'pg';

interface StatsMoment {
  /** Until this age of their event, in milliseconds, pending deliveries are not old. */
  recentMs: number;
  /** Null for the time of PostgreSQL. */
  now: Date | null;
}

/** What the statistics have to aggregate. */
interface StatsWork {
  now: Date;
  hasOldPending: boolean;
  /** Full minutes of attempts that were recorded late. */
  lateMinutes: Date[];
}

/** Reads one entry of the primary key of pending deliveries. */
const READ = `
SELECT now, (SELECT true FROM pending_delivery WHERE id < posthorn_uuid_floor(now - $1::double precision * interval '1 ms') ORDER BY id LIMIT 1) IS NOT NULL AS "hasOldPending",
  ARRAY(SELECT minute FROM stats_late WHERE minute < date_trunc('minute', now) ORDER BY minute) AS "lateMinutes"
FROM (SELECT coalesce($2::timestamptz, now()) AS now) AS present`;

/** Returns what the statistics have to aggregate, whether an old delivery is pending, and the time. */
export async function readStatsWork(pool: pg.Pool, { recentMs, now }: StatsMoment): Promise<StatsWork> {
  const { rows } = await pool.query<StatsWork>(READ, [recentMs, now]);
  const [work] = rows;
  if (!work) throw new Error('The statistics returned no row');
  return work;
}
