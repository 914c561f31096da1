import type pg from 'pg';
import { isLockTimeout, withLockTimeout } from '../connection/lock-timeout.js';

/** Longest time that the history is locked while it is searched for rows, in milliseconds: many that were deleted may still be in the way. */
const CHECK_TIMEOUT_MS = 1000;

/**
 * Drops the tables of shorter histories that no tenant and no event type has had for an hour, and that have no rows.
 * @returns how many values are free again; null if a slow query reads the history, or the search for rows took too long, and nothing was done
 */
export async function freeHistoryClasses(pool: pg.Pool): Promise<number | null> {
  try {
    const [row] = await withLockTimeout<{ freed: number }>(
      pool,
      `SET LOCAL statement_timeout = ${CHECK_TIMEOUT_MS}; SELECT posthorn_free_history_classes() AS freed`,
    );
    return row?.freed ?? 0;
  } catch (error) {
    if (isLockTimeout(error)) return null;
    throw error;
  }
}
