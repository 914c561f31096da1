import { type Lane, laneOf } from '@posthorn/core';
import type pg from 'pg';

export interface DueDelivery {
  id: string;
  dueAt: Date;
  lane: Lane;
}

interface DueRow {
  id: string;
  next_attempt_at: Date;
  attempt_count: number;
  replayed: boolean;
  slow: boolean;
}

const FACTS = `d.id, d.next_attempt_at, d.attempt_count, d.replay_id IS NOT NULL AS replayed,
  coalesce((SELECT slow_since IS NOT NULL FROM webhook w WHERE w.id = d.webhook_id), false) AS slow`;

const LIST = `
SELECT ${FACTS} FROM delivery d
WHERE status = 'pending' AND NOT parked AND NOT held
  AND next_attempt_at <= $1 AND (next_attempt_at, id) > ($2, $3)
ORDER BY next_attempt_at, id
LIMIT $4`;

/** A page of the deliveries that must have a job, oldest first; `after` is the last one of the page before. */
export async function listDueDeliveries(
  pool: pg.Pool,
  page: { dueBefore: Date; after: DueDelivery | null; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueRow>(LIST, [
    page.dueBefore,
    page.after?.dueAt ?? new Date(0),
    page.after?.id ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  ]);
  return rows.map(toDueDelivery);
}

const PROMOTE = `
UPDATE delivery d SET parked = false
WHERE status = 'pending' AND parked AND id = ANY (ARRAY(
  SELECT id FROM delivery WHERE status = 'pending' AND parked AND next_attempt_at <= $1
  ORDER BY next_attempt_at LIMIT $2
))
RETURNING ${FACTS}`;

/** Takes parked retries that come due before `dueBefore` out of the park; the caller gives each a job. */
export async function promoteParked(
  pool: pg.Pool,
  { dueBefore, limit }: { dueBefore: Date; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<DueRow>(PROMOTE, [dueBefore, limit]);
  return rows.map(toDueDelivery);
}

export function toDueDelivery(row: DueRow): DueDelivery {
  const facts = { webhookIsSlow: row.slow, attemptCount: row.attempt_count, replayed: row.replayed };
  return { id: row.id, dueAt: row.next_attempt_at, lane: laneOf(facts) };
}
