import type pg from 'pg';
import { isLockTimeout, withLockTimeout } from './lock-timeout.js';
import type { RetentionCutoffs } from './retention.js';

/** Partitions that went, by table, and what did not. */
export interface DroppedPartitions {
  dropped: Record<Table, number>;
  /** Old enough, but pending deliveries need them. */
  needed: string[];
  /** Something slow was using its table; it and those after it are for the next run. */
  timedOut: string | null;
}

type Table = 'event' | 'delivery' | 'attempt';

interface Partition {
  parent: Table;
  day: string;
  /** As it was made: `delivery_20310530`. */
  name: string;
  /** Taken out of its table already. */
  detached: boolean;
}

/** Deliveries before what belongs to them. A default partition has no day. */
const EXPIRED = `
SELECT name, parent, day::text, false AS detached
FROM (
  SELECT p.relname::text AS name, i.inhparent::regclass::text AS parent,
    to_date(substring(p.relname FROM '_(\\d{8})$'), 'YYYYMMDD') AS day
  FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
  WHERE i.inhparent IN ('event'::regclass, 'delivery'::regclass, 'attempt'::regclass)
) AS daily
WHERE day < CASE parent WHEN 'event' THEN $1::date ELSE $2::date END
ORDER BY day, array_position(ARRAY['delivery', 'event', 'attempt'], parent)`;

/** What an earlier run had taken out of its table when it was cut short. */
const DETACHED = `
SELECT name, split_part(name, '_', 1) AS parent, to_date(split_part(name, '_', 2), 'YYYYMMDD')::text AS day, true AS detached
FROM (
  SELECT substring(relname FROM '^expired_((?:event|delivery|attempt)_\\d{8})$') AS name FROM pg_class
  WHERE relkind = 'r' AND NOT relispartition
    AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'event'::regclass)
) AS tables
WHERE name IS NOT NULL`;

/** One that is needed may take long to tell so; under the lock it may not. */
const CHECK_TIMEOUT_MS = 1000;

/** Waits for an autovacuum to give way, which is asked to after PostgreSQL's deadlock_timeout, one second. */
const DROP_LOCK_TIMEOUT_MS = 3000;

/**
 * Drops the daily partitions of days before `kept`, oldest first, while reading and writing go on: each is first taken out
 * of its table under a brief lock, and dropped when nobody can see it any more. May be cut short anywhere: the next run
 * finishes it.
 */
export async function dropExpiredPartitions(
  pool: pg.Pool,
  kept: RetentionCutoffs,
): Promise<DroppedPartitions> {
  const result: DroppedPartitions = {
    dropped: { event: 0, delivery: 0, attempt: 0 },
    needed: [],
    timedOut: null,
  };
  const { rows: left } = await pool.query<Partition>(DETACHED);
  const { rows: expired } = await pool.query<Partition>(EXPIRED, [kept.payload, kept.record]);
  for (const partition of [...left, ...expired]) {
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

/** Answers false when it is needed: asked before without the lock, which a needed one thus never takes. */
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
