import type pg from 'pg';

/** Deletes operational events that have been published. */
export async function deleteOperationalEvents(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query('DELETE FROM operational_event WHERE id = ANY ($1::uuid[])', [ids]);
}
