import type pg from 'pg';
import { isLockTimeout, withLockTimeout } from '../connection/lock-timeout.js';

/** The shortest time for which the idempotency key of an event is kept. */
const MIN_LIFETIME = `interval '7 days'`;

const IS_DUE = `SELECT started_at <= $1::timestamptz - ${MIN_LIFETIME} AS due FROM event_idempotency_generation`;

/**
 * Forgets the idempotency keys of the previous generation, if the current one has existed for 7 days, and starts a new
 * generation. So a key is kept for 7 to 14 days, and its removal costs the same for any number of keys. Returns `locked` if a slow query reads the keys: they are kept until the next run.
 */
export async function rotateEventKeys(pool: pg.Pool, now: Date): Promise<'rotated' | 'not_due' | 'locked'> {
  const { rows } = await pool.query<{ due: boolean }>(IS_DUE, [now]);
  if (!rows[0]?.due) return 'not_due';
  try {
    const [row] = await withLockTimeout<{ rotated: boolean }>(
      pool,
      `SELECT posthorn_rotate_idempotency_keys('${now.toISOString()}'::timestamptz - ${MIN_LIFETIME}) AS rotated`,
    );
    return row?.rotated ? 'rotated' : 'not_due';
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    return 'locked';
  }
}
