import type pg from 'pg';
import { isLockTimeout, withLockTimeout } from '../connection/lock-timeout.js';
import { historyCutoff, type HistoryCutoffs } from './history-cutoff.js';
import type { RetentionCutoffs } from '../data-model/retention-cutoffs.js';

/** The number of dropped partitions by table, and the partitions that were kept. */
interface DroppedPartitions {
  dropped: Record<Table, number>;
  /** Expired partitions that pending deliveries still need. */
  needed: string[];
  /** The partition whose lock timed out behind a slow query. The next run retries it and those after it. */
  timedOut: string | null;
}

type Table = 'event' | 'event_search_value' | 'settled_delivery' | 'earlier_attempt';

interface Partition {
  /** Also of a class of history: `settled_delivery_class_1`. */
  parent: string;
  table: Table;
  day: string;
  /** Its original name: `event_20310530`. */
  name: string;
  /** Already detached by an earlier run. */
  detached: boolean;
}

/** Oldest first, and deliveries before their events and attempts; search values after their events, which may be needed. Default partitions have no day. */
const EXPIRED = `
SELECT name, parent, "table", day::text, false AS detached
FROM (
  SELECT p.relname::text AS name, t.name AS parent, regexp_replace(t.name, '_class_\\d$', '') AS "table", t.history_class,
    to_date(substring(p.relname FROM '_(\\d{8})$'), 'YYYYMMDD') AS day
  FROM daily_table t JOIN pg_inherits i ON i.inhparent = t.name::regclass JOIN pg_class p ON p.oid = i.inhrelid
) AS daily
LEFT JOIN history_class c ON c.id = daily.history_class
WHERE day < CASE WHEN daily.history_class IS NULL THEN $4::date WHEN c.id IS NULL THEN $1::date ELSE ${historyCutoff({ record: '$1', today: '$2', counted: '$3' })} END
ORDER BY day, array_position(ARRAY['settled_delivery', 'event', 'event_search_value', 'earlier_attempt'], "table"), name`;

/** Partitions that an interrupted run has detached and not dropped. */
const DETACHED = `
SELECT name, left(name, -9) AS parent, regexp_replace(name, '(_class_\\d)?_\\d{8}$', '') AS "table", to_date(right(name, 8), 'YYYYMMDD')::text AS day, true AS detached
FROM (
  SELECT substring(relname FROM '^expired_((?:event|event_search_value|(?:settled_delivery|earlier_attempt)(?:_class_[12])?)_\\d{8})$') AS name FROM pg_class
  WHERE relkind = 'r' AND NOT relispartition
    AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'event'::regclass)
) AS tables
WHERE name IS NOT NULL`;

/** Maximum duration of the check under the lock, in milliseconds. It may be slow if the partition is needed. */
const CHECK_TIMEOUT_MS = 1000;

/** In milliseconds. Longer than PostgreSQL's deadlock_timeout of one second, after which an autovacuum is cancelled. */
export const DROP_LOCK_TIMEOUT_MS = 3000;

/**
 * Drops the daily partitions before the cutoffs, oldest first. Reads and writes continue: each partition is detached under a
 * short lock and dropped afterwards. Safe to interrupt: the next run completes it.
 */
export async function dropExpiredPartitions(
  pool: pg.Pool,
  cutoffs: HistoryCutoffs & Pick<RetentionCutoffs, 'payload'>,
): Promise<DroppedPartitions> {
  const result: DroppedPartitions = {
    dropped: { event: 0, event_search_value: 0, settled_delivery: 0, earlier_attempt: 0 },
    needed: [],
    timedOut: null,
  };
  const { rows: detached } = await pool.query<Partition>(DETACHED);
  const { rows: expired } = await pool.query<Partition>(EXPIRED, [
    cutoffs.record,
    cutoffs.today,
    cutoffs.counted,
    cutoffs.payload,
  ]);
  for (const partition of [...detached, ...expired]) {
    try {
      if (await detach(pool, partition)) {
        await drop(pool, partition);
        result.dropped[partition.table] += 1;
      } else result.needed.push(partition.name);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      return { ...result, timedOut: partition.name };
    }
  }
  return result;
}

/** Returns false if the partition is needed. Checks this first without a lock, so that a needed partition is never locked. */
async function detach(pool: pg.Pool, { parent, day, detached }: Partition): Promise<boolean> {
  if (detached) return true;
  const { rows } = await pool.query<{ needed: boolean }>(
    'SELECT posthorn_partition_is_needed($1, $2) AS needed',
    [parent, day],
  );
  if (rows[0]?.needed) return false;
  const [row] = await withLockTimeout<{ detached: boolean }>(
    pool,
    `SET LOCAL statement_timeout = ${CHECK_TIMEOUT_MS};
     SELECT posthorn_detach_partition('${parent}', '${day}') AS detached`,
  );
  return row?.detached ?? false;
}

/**
 * Drops the partitions that an interrupted run has detached: no statement finds their rows any more. Returns false if a slow query still
 * reads one of them.
 */
export async function dropDetachedPartitions(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<Partition>(DETACHED);
  try {
    for (const partition of rows) await drop(pool, partition);
    return true;
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
}

async function drop(pool: pg.Pool, { name }: Pick<Partition, 'name'>): Promise<void> {
  await pool.query(`SET LOCAL lock_timeout = ${DROP_LOCK_TIMEOUT_MS}; DROP TABLE IF EXISTS expired_${name}`);
}
