import type pg from 'pg';
import { isLockTimeout, withLockTimeout } from '../connection/lock-timeout.js';
import type { RetentionCutoffs } from './retention-cutoffs.js';

/** The number of dropped partitions by table, and the partitions that were kept. */
export interface DroppedPartitions {
  dropped: Record<Table, number>;
  /** Expired partitions that pending deliveries still need. */
  needed: string[];
  /** The partition whose lock timed out behind a slow query. The next run retries it and those after it. */
  timedOut: string | null;
}

type Table = 'event' | 'event_search_value' | 'settled_delivery' | 'earlier_attempt';

interface Partition {
  parent: Table;
  day: string;
  /** Its original name: `event_20310530`. */
  name: string;
  /** Already detached by an earlier run. */
  detached: boolean;
}

/** Oldest first, and deliveries before their events and attempts; search values after their events, which may be needed. Default partitions have no day. */
const EXPIRED = `
SELECT name, parent, day::text, false AS detached
FROM (
  SELECT p.relname::text AS name, i.inhparent::regclass::text AS parent,
    to_date(substring(p.relname FROM '_(\\d{8})$'), 'YYYYMMDD') AS day
  FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
  WHERE i.inhparent IN
    ('event'::regclass, 'event_search_value'::regclass, 'settled_delivery'::regclass, 'earlier_attempt'::regclass)
) AS daily
WHERE day < CASE WHEN parent IN ('event', 'event_search_value') THEN $1::date ELSE $2::date END
ORDER BY day, array_position(ARRAY['settled_delivery', 'event', 'event_search_value', 'earlier_attempt'], parent)`;

/** Partitions that an interrupted run has detached and not dropped. */
const DETACHED = `
SELECT name, left(name, -9) AS parent, to_date(right(name, 8), 'YYYYMMDD')::text AS day, true AS detached
FROM (
  SELECT substring(relname FROM '^expired_((?:event|event_search_value|settled_delivery|earlier_attempt)_\\d{8})$') AS name FROM pg_class
  WHERE relkind = 'r' AND NOT relispartition
    AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'event'::regclass)
) AS tables
WHERE name IS NOT NULL`;

/** Maximum duration of the check under the lock, in milliseconds. It may be slow if the partition is needed. */
const CHECK_TIMEOUT_MS = 1000;

/** In milliseconds. Longer than PostgreSQL's deadlock_timeout of one second, after which an autovacuum is cancelled. */
const DROP_LOCK_TIMEOUT_MS = 3000;

/**
 * Drops the daily partitions before the cutoffs, oldest first. Reads and writes continue: each partition is detached under a
 * short lock and dropped afterwards. Safe to interrupt: the next run completes it.
 */
export async function dropExpiredPartitions(
  pool: pg.Pool,
  cutoffs: Pick<RetentionCutoffs, 'record' | 'payload'>,
): Promise<DroppedPartitions> {
  const result: DroppedPartitions = {
    dropped: { event: 0, event_search_value: 0, settled_delivery: 0, earlier_attempt: 0 },
    needed: [],
    timedOut: null,
  };
  const { rows: detached } = await pool.query<Partition>(DETACHED);
  const { rows: expired } = await pool.query<Partition>(EXPIRED, [cutoffs.payload, cutoffs.record]);
  for (const partition of [...detached, ...expired]) {
    try {
      if (await detach(pool, partition)) {
        await drop(pool, partition);
        result.dropped[partition.parent] += 1;
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

async function drop(pool: pg.Pool, { name }: Partition): Promise<void> {
  await pool.query(`SET LOCAL lock_timeout = ${DROP_LOCK_TIMEOUT_MS}; DROP TABLE IF EXISTS expired_${name}`);
}
