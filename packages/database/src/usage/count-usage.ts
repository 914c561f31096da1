import type pg from 'pg';
import { isStatementTimeout } from '../connection/transient.js';
import { countedUsage, USAGE_COUNTS } from './counted-usage.js';
import { TIMELY_MS } from './timely.js';

/**
 * Until this time after a minute, in milliseconds, a transaction may commit rows of it: it started at most `TIMELY_MS` later, and a
 * statement takes less than a minute. The rest is for the clock of a server that replaces this one.
 */
const COMMIT_DELAY_MS = 3 * TIMELY_MS;

/** Maximum period counted by one statement, in minutes. One that times out is halved. */
const CHUNK_MINUTES = 10;

/** Maximum number of rows of `usage_late` added by one statement. */
const LATE_CHUNK = 10_000;

/** Large events have statements that take longer, so transactions that have written are waited for. */
const READ_PROGRESS = `
SELECT counted_until AS "from",
  least(counted_until + make_interval(mins => $1), date_trunc('minute', least(
    now() - interval '${COMMIT_DELAY_MS} milliseconds',
    (SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND backend_xid IS NOT NULL)
      - interval '${TIMELY_MS} milliseconds'
  ))) AS "to"
FROM usage_progress`;

const addTo = (rows: string): string => `
INSERT INTO usage_day AS existing (day, tenant_id, ${USAGE_COUNTS.join(', ')})
SELECT day, tenant_id, ${USAGE_COUNTS.map((count) => `sum(${count})`).join(', ')} FROM ${rows}
GROUP BY day, tenant_id ORDER BY day, tenant_id
ON CONFLICT (day, tenant_id) DO UPDATE SET ${USAGE_COUNTS.map((count) => `${count} = existing.${count} + excluded.${count}`).join(', ')}`;

/** Counts a period and moves the progress, which makes a repetition count nothing. */
const COUNT = `
WITH moved AS (
  UPDATE usage_progress SET counted_until = $2 WHERE counted_until = $1 RETURNING true
), counted AS (${countedUsage({ from: '$1::timestamptz', to: '$2::timestamptz', where: 'EXISTS (SELECT FROM moved)' })}
)${addTo('counted')}`;

/**
 * Those of later periods are not added yet, since the statement that counts the period has to leave them out. The statistics of the minutes
 * in which their attempts may have started are aggregated again, unless they are older than an hour.
 */
const ADD_LATE = `
WITH added AS (
  DELETE FROM usage_late WHERE id = ANY (ARRAY(
    SELECT id FROM usage_late
    WHERE id < posthorn_uuid_floor((SELECT counted_until FROM usage_progress)) ORDER BY id LIMIT ${LATE_CHUNK}
  ))
  RETURNING *
), minutes AS (
  INSERT INTO stats_late (minute)
  SELECT DISTINCT date_trunc('minute', posthorn_uuid_time(id) - before.start, 'UTC')
  FROM added CROSS JOIN (VALUES (interval '0'), (interval '30 s')) AS before (start)
  WHERE attempts > 0 AND id > posthorn_uuid_floor(now() - interval '1 hour')
  ON CONFLICT DO NOTHING
), upserted AS (${addTo('added')}
)
SELECT count(*)::integer AS added FROM added`;

/** The progress, and where the next period ends. */
interface CountedPeriod {
  from: Date;
  to: Date;
}

/**
 * Adds the usage since the last call to `usage_day`. Each statement counts in one transaction and only what no other has counted: it
 * may be interrupted, repeated, and run by several processes at once.
 */
export async function countUsage(pool: pg.Pool, signal?: AbortSignal): Promise<void> {
  for (let minutes = CHUNK_MINUTES; ;) {
    signal?.throwIfAborted();
    const { rows } = await pool.query<CountedPeriod>(READ_PROGRESS, [minutes]);
    const [progress] = rows;
    if (!progress || progress.to <= progress.from) break;
    try {
      await countPeriod(pool, progress);
    } catch (error) {
      if (minutes === 1 || !isStatementTimeout(error)) throw error;
      minutes = Math.floor(minutes / 2);
    }
  }
  for (let added = LATE_CHUNK; added === LATE_CHUNK;) {
    signal?.throwIfAborted();
    added = await addLate(pool);
  }
}

/** Counts a period if the progress is its start. No transaction may store rows of it afterwards. */
export async function countPeriod(pool: pg.Pool, { from, to }: CountedPeriod): Promise<void> {
  await pool.query(COUNT, [from, to]);
}

async function addLate(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ added: number }>(ADD_LATE);
  return rows[0]?.added ?? 0;
}

const READ_COUNTED_UNTIL = `SELECT counted_until AS "countedUntil" FROM usage_progress`;

/**
 * Returns the time before which everything is counted, or in `usage_late`: rows of the history whose ids are older may be deleted,
 * except last attempts of deliveries that were settled later.
 */
export async function readUsageCountedUntil(pool: pg.Pool): Promise<Date> {
  const { rows } = await pool.query<{ countedUntil: Date }>(READ_COUNTED_UNTIL);
  return rows[0]?.countedUntil ?? new Date(0);
}
