import type pg from 'pg';

const SET_SLOW = `
WITH locked AS MATERIALIZED (
  -- A webhook that another transaction has locked is skipped: its next delivery finds that it is still in the other lane.
  SELECT id FROM webhook WHERE id = ANY ($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE webhook w SET slow_since = CASE WHEN i.slow THEN now() END
FROM unnest($1::uuid[], $2::integer[], $3::boolean[]) AS i (id, epoch, slow) JOIN locked USING (id)
WHERE w.id = i.id AND w.epoch = i.epoch AND (w.slow_since IS NOT NULL) <> i.slow`;

/** Moves webhooks to or from the slow lane. Ignores webhooks whose epoch has changed or whose row is locked. */
export async function setSlow(
  pool: pg.Pool,
  changes: readonly { id: string; epoch: number; slow: boolean }[],
): Promise<void> {
  await pool.query(SET_SLOW, [
    changes.map(({ id }) => id),
    changes.map(({ epoch }) => epoch),
    changes.map(({ slow }) => slow),
  ]);
}
