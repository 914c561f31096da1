import { setTimeout as sleep } from 'node:timers/promises';
import { decodeId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { EVENT_TABLES } from '@posthorn/database/data-model';

const RECORDED_POLL_MS = 100;
/** Far longer than a healthy system needs for a backlog of this size. */
const RECORD_TIMEOUT_MS = 60_000;

/** Waits until no delivery is pending. */
export async function waitUntilSettled(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ pending: boolean }>(
      'SELECT EXISTS (SELECT FROM pending_delivery) AS pending',
    );
    if (!rows[0]?.pending) return;
    await sleep(10);
  }
}

export interface Recorded {
  succeeded: number;
  attempts: number;
}

/** Returns the number of succeeded deliveries and of attempts. Those of a deleted tenant may be purged meanwhile. */
export async function countRecorded(pool: Pool): Promise<Recorded> {
  const { rows } = await pool.query<Recorded>(
    `SELECT (count(*) FILTER (WHERE status = 'succeeded'))::int AS succeeded, coalesce(sum(attempt_count), 0)::int AS attempts
     FROM delivery WHERE tenant_id IN (SELECT id FROM tenant WHERE status <> 'deleted')`,
  );
  return rows[0] ?? { succeeded: 0, attempts: 0 };
}

/** Events per query. */
const CHUNK = 10_000;

/**
 * Waits until each of these events, given by API id, has one succeeded delivery.
 * @throws Error after a timeout of one minute per 10,000 events
 */
export async function waitUntilSucceeded(pool: Pool, eventIds: readonly string[]): Promise<void> {
  const ids = eventIds.map((id) => decodeId('event', id));
  for (let start = 0; start < ids.length; start += CHUNK) {
    await waitUntilAllSucceeded(pool, ids.slice(start, start + CHUNK));
  }
}

async function waitUntilAllSucceeded(pool: Pool, ids: readonly (string | null)[]): Promise<void> {
  const deadline = performance.now() + RECORD_TIMEOUT_MS;
  for (;;) {
    const { rows } = await pool.query<{ succeeded: number }>(
      `SELECT count(*)::int AS succeeded FROM delivery
       WHERE status = 'succeeded' AND event_id = ANY ($1::uuid[])`,
      [ids],
    );
    const succeeded = rows[0]?.succeeded;
    if (succeeded === ids.length) return;
    if (performance.now() > deadline)
      throw new Error(`Only ${succeeded} of ${ids.length} accepted events are recorded`);
    await sleep(RECORDED_POLL_MS);
  }
}

/** Truncates the tables that a round fills. */
export async function truncateDeliveries(pool: Pool): Promise<void> {
  await pool.query(`TRUNCATE ${EVENT_TABLES.join(', ')}`);
}
