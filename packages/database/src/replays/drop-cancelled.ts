import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { DropScope } from '../deliveries/finish-drops.js';
import { madeForRecovery } from '../deliveries/of-cancelled-recovery.js';
import { DROP_REPLAYED } from './drop-waiting-of-replay.js';
import { finishReplay } from './finish-replay.js';
import type { RunningReplay } from './list-running-replays.js';

/** Few enough for one transaction. */
const CHUNK = 5000;

const OF_REPLAY = `FROM pending_delivery d WHERE replay_id = $1 AND ${madeForRecovery('d')}`;

// Does not wait for workers that are changing the same deliveries.
const DROP = `
WITH removed AS (
  DELETE FROM pending_delivery WHERE id = ANY (ARRAY(
    SELECT id ${OF_REPLAY} ORDER BY next_attempt_at LIMIT ${CHUNK} FOR UPDATE SKIP LOCKED
  ))
  RETURNING *
), ${DROP_REPLAYED}
SELECT FROM settled`;

/**
 * Drops the next deliveries of a replay whose recovery is cancelled, those that wait for its attempt. No worker sends them in the meantime.
 * @returns whether any may be left: none is left `locked` by a worker
 */
export async function dropCancelled(pool: pg.Pool, replayId: string): Promise<'none' | 'some' | 'locked'> {
  const { rowCount } = await pool.query(DROP, [replayId]);
  if (rowCount === CHUNK) return 'some';
  return (await pool.query(`SELECT ${OF_REPLAY} LIMIT 1`, [replayId])).rowCount === 0 ? 'none' : 'locked';
}

const NEXT = `
SELECT r.id, r.cursor FROM replay r JOIN recovery c ON c.id = r.recovery_id
WHERE r.status = 'running' AND c.cancelled_at IS NOT NULL AND ($1::uuid IS NULL OR r.tenant_id = $1) AND ($2::uuid IS NULL OR r.webhook_id = $2)
ORDER BY r.id LIMIT 1`;

/** Pause for workers that are recording attempts of the remaining deliveries, in milliseconds. */
const LOCKED_PAUSE_MS = 20;

/**
 * Drops the deliveries of cancelled recoveries. The replayer drops those that remain.
 * @param maxMs stops after this time, in milliseconds
 * @returns whether none remains
 */
export async function finishCancelled(
  pool: pg.Pool,
  { tenantId, webhookId, maxMs }: DropScope & { maxMs: number },
): Promise<boolean> {
  const endsAtMs = performance.now() + maxMs;
  for (;;) {
    const { rows } = await pool.query<Pick<RunningReplay, 'id' | 'cursor'>>(NEXT, [tenantId, webhookId]);
    const [next] = rows;
    if (!next || performance.now() >= endsAtMs) return !next;
    const left = await dropCancelled(pool, next.id);
    if (left === 'none') await finishReplay(pool, next, 'cancelled');
    if (left === 'locked') await sleep(LOCKED_PAUSE_MS);
  }
}
