import type pg from 'pg';

const SET_SLOW = `
UPDATE webhook w SET slow_since = CASE WHEN i.slow THEN now() END
FROM unnest($1::uuid[], $2::integer[], $3::boolean[]) AS i (id, epoch, slow)
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
