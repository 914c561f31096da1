import { isLockNotAvailable } from './transient.js';

/** What a statement does about rows that another transaction has locked: it waits for a moment, or skips them. */
export type LockedRows = 'wait' | 'skip';

/** Longer than a statement of the hot path keeps its locks, except under overload, in milliseconds. */
const MAX_LOCK_WAIT_MS = 100;

/**
 * A condition that is always true. It limits how long its statement waits for each lock, from there on. Costs neither a row nor a
 * round trip, and works behind a pooler, which refuses the setting for a session.
 */
export const WAITS_BRIEFLY = `(SELECT set_config('lock_timeout', '${MAX_LOCK_WAIT_MS}ms', true)) IS NOT NULL`;

export const SKIPS_LOCKED: Record<LockedRows, string> = { wait: '', skip: 'SKIP LOCKED' };

/**
 * Runs a statement on the rows of many. If it waits too long for a lock, it is run again without the locked rows: a transaction
 * whose process froze may keep its locks for long, and the other rows must not wait for it.
 */
export async function skippingLocked<T>(run: (lockedRows: LockedRows) => Promise<T>): Promise<T> {
  try {
    return await run('wait');
  } catch (error) {
    if (!isLockNotAvailable(error)) throw error;
    return run('skip');
  }
}
