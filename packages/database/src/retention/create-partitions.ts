import type pg from 'pg';
import { isoDay } from '../ids/iso-day.js';
import { withLockTimeout } from '../connection/lock-timeout.js';

/** Partitions are created this many days ahead. */
export const DAYS_AHEAD = 7;

/**
 * Creates the missing partitions of yesterday, today and the days ahead, and those of payloads that are accepted on these days and expire later. Returns how many were missing.
 * @throws Error if a slow query uses the default partitions. Partitions are created days ahead, which leaves time to retry.
 */
export async function createPartitions(pool: pg.Pool, today: Date): Promise<number> {
  const day = isoDay(today);
  const [row] = await withLockTimeout<{ created: number }>(
    pool,
    // Includes yesterday: events that waited in Redis have an id with the time of their push.
    `SELECT posthorn_create_partitions(date '${day}' - 1, date '${day}' + ${DAYS_AHEAD})
       + posthorn_create_payload_partitions(date '${day}', date '${day}' + ${DAYS_AHEAD}) AS created`,
  );
  return row?.created ?? 0;
}
