import type pg from 'pg';

const SET_SLOW = `
WITH locked AS MATERIALIZED (
  -- Ordered by id, so that two workers wait for each other instead of deadlocking.
  SELECT id FROM webhook WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
)
UPDATE webhook w SET slow_since = CASE WHEN i.slow THEN now() END
FROM unnest($1::uuid[], $2::integer[], $3::boolean[]) AS i (id, epoch, slow) JOIN locked USING (id)
WHERE w.id = i.id AND w.epoch = i.epoch AND (w.slow_since IS NOT NULL) <> i.slow`;

/** Moves webhooks to or from the slow lane. Ignores webhooks whose epoch has changed. */
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
