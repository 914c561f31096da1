import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** How long a lease lasts after its last renewal, in milliseconds. */
export const LEASE_MS = 3000;

const RENEW_INTERVAL_MS = 1000;

const END = `clock_timestamp() + interval '${LEASE_MS} milliseconds'`;

// A lease that would last much longer is from before the clock of PostgreSQL was set back.
const ACQUIRE = `
INSERT INTO task_lease AS l (task, holder, expires_at) VALUES ($1, $2, ${END})
ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE l.expires_at NOT BETWEEN clock_timestamp() AND ${END} + interval '1 second'`;

const RENEW = `UPDATE task_lease SET expires_at = ${END} WHERE task = $1 AND holder = $2`;

const RELEASE = 'DELETE FROM task_lease WHERE task = $1 AND holder = $2';

/**
 * Runs `work` unless another call holds the lease of the task, and returns whether it ran. Renews the lease meanwhile, and aborts `signal`
 * when it is lost. No lock is held, so a process that is frozen or cut off delays the others only until its lease expires. When it continues,
 * it may run one more step beside them: the steps of `work` must be safe to run twice, at any later time.
 * @param task the name of the lease, which no other task has
 */
export async function withLease(
  pool: pg.Pool,
  task: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const parameters = [task, randomUUID()];
  const has = async (statement: string): Promise<boolean> =>
    (await pool.query(statement, parameters)).rowCount === 1;

  const startedAtMs = performance.now();
  if (!(await has(ACQUIRE))) return false;
  // This process was frozen meanwhile.
  if (performance.now() - startedAtMs > LEASE_MS) return false;
  const lost = new AbortController();
  const stopRenewing = keepRenewed(
    () => has(RENEW),
    startedAtMs,
    () => lost.abort(new Error(`the lease of the task ${task} was lost, and another process may run it`)),
  );
  try {
    await work(lost.signal);
  } finally {
    stopRenewing();
    // If this fails, it expires.
    await has(RELEASE).catch(() => false);
  }
  return true;
}

/** Renews a lease until the returned function is called. Calls `onLost` when it has another holder, or has expired. */
function keepRenewed(renew: () => Promise<boolean>, acquiredAtMs: number, onLost: () => void): () => void {
  let renewedAtMs = acquiredAtMs;
  let isRenewing = false;

  async function tick(): Promise<void> {
    const startedAtMs = performance.now();
    if (startedAtMs - renewedAtMs > LEASE_MS) onLost();
    if (isRenewing) return;
    isRenewing = true;
    // After an error, the next tick tries again.
    const isHeld = await renew().catch(() => null);
    isRenewing = false;
    if (isHeld) renewedAtMs = startedAtMs;
    if (isHeld === false) onLost();
  }

  const timer = setInterval(() => void tick(), RENEW_INTERVAL_MS);
  return () => clearInterval(timer);
}
