import type pg from 'pg';

export interface DueDelivery {
  id: string;
  dueAt: Date;
}

const LIST = `
SELECT id, next_attempt_at FROM delivery
WHERE status = 'pending' AND NOT parked AND next_attempt_at <= $1 AND (next_attempt_at, id) > ($2, $3)
ORDER BY next_attempt_at, id
LIMIT $4`;

/** A page of the deliveries that must have a job, oldest first; `after` is the last one of the page before. */
export async function listDueDeliveries(
  pool: pg.Pool,
  page: { dueBefore: Date; after: DueDelivery | null; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<{ id: string; next_attempt_at: Date }>(LIST, [
    page.dueBefore,
    page.after?.dueAt ?? new Date(0),
    page.after?.id ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  ]);
  return rows.map((row) => ({ id: row.id, dueAt: row.next_attempt_at }));
}

const PROMOTE = `
UPDATE delivery SET parked = false
WHERE status = 'pending' AND parked AND id = ANY (ARRAY(
  SELECT id FROM delivery WHERE status = 'pending' AND parked AND next_attempt_at <= $1
  ORDER BY next_attempt_at LIMIT $2
))
RETURNING id, next_attempt_at`;

/** Takes parked retries that come due before `dueBefore` out of the park; the caller gives each a job. */
export async function promoteParked(
  pool: pg.Pool,
  { dueBefore, limit }: { dueBefore: Date; limit: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<{ id: string; next_attempt_at: Date }>(PROMOTE, [dueBefore, limit]);
  return rows.map((row) => ({ id: row.id, dueAt: row.next_attempt_at }));
}
