import { setTimeout as sleep } from 'node:timers/promises';
import { decodeId } from '@posthorn/core';
import type { Pool } from '@posthorn/database';

const RECORDED_POLL_MS = 100;
/** More than what a healthy system needs for a backlog of this size by far. */
const RECORDED_WITHIN_MS = 60_000;

/** Waits until no delivery is pending. */
export async function untilSettled(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ pending: boolean }>(
      `SELECT EXISTS (SELECT FROM delivery WHERE status = 'pending') AS pending`,
    );
    if (!rows[0]?.pending) return;
    await sleep(10);
  }
}

export interface Recorded {
  succeeded: number;
  attempts: number;
}

/** How many deliveries are on record as succeeded, and how many attempts. */
export async function countRecorded(pool: Pool): Promise<Recorded> {
  const { rows } = await pool.query<Recorded>(
    `SELECT (SELECT count(*)::int FROM delivery WHERE status = 'succeeded') AS succeeded,
            (SELECT count(*)::int FROM attempt) AS attempts`,
  );
  return rows[0] ?? { succeeded: 0, attempts: 0 };
}

/** Events that are asked for at a time. */
const CHUNK = 10_000;

/**
 * Waits until each of these events, named as in the API, has one delivery on record as succeeded.
 * @throws Error when they do not within a minute for each 10,000 of them
 */
export async function untilSucceeded(pool: Pool, eventIds: readonly string[]): Promise<void> {
  const ids = eventIds.map((id) => decodeId('event', id));
  for (let start = 0; start < ids.length; start += CHUNK) {
    await untilAllSucceeded(pool, ids.slice(start, start + CHUNK));
  }
}

async function untilAllSucceeded(pool: Pool, ids: readonly (string | null)[]): Promise<void> {
  const deadline = performance.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const { rows } = await pool.query<{ succeeded: number }>(
      `SELECT count(*)::int AS succeeded FROM delivery
       WHERE status = 'succeeded' AND event_id = ANY ($1::uuid[])`,
      [ids],
    );
    const succeeded = rows[0]?.succeeded;
    if (succeeded === ids.length) return;
    if (performance.now() > deadline) throw new Error(`of ${ids.length} accepted ${succeeded} are recorded`);
    await sleep(RECORDED_POLL_MS);
  }
}

/** Empties the tables that a round fills. */
export async function forgetDeliveries(pool: Pool): Promise<void> {
  await pool.query('TRUNCATE event, delivery, attempt');
}
